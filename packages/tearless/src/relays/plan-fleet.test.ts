import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveDesired } from '../config/desired.ts';
import { parseConfig } from '../config/parse.ts';
import { parseSelector } from '../config/selector.ts';
import type { NetworkView } from '../daemon/weight.ts';
import type { HostFacts } from '../facts/observed.ts';
import { type PlanFleetInput, planFleet } from './plan-fleet.ts';
import { configHead, libraries, observe, sampleHost, sampleInstance } from './testing/sample-fleet.ts';

const names = ['a', 'b', 'c', 'd'];
const hosts = () =>
  ['h1', 'h2'].map((host) =>
    sampleHost(
      host,
      names.map((name) => sampleInstance(`${name}${host}`)),
    ),
  );
const relayIds = ['h1', 'h2'].flatMap((host) => names.map((name) => `${host}/${name}${host}`));

const plan = (rest: string, change: Partial<PlanFleetInput> & { facts?: readonly HostFacts[] } = {}) => {
  const text = `${configHead(['h1', 'h2'])}relays: [${relayIds.join(', ')}]\n${rest}`;
  const { facts = hosts(), ...input } = change;
  return planFleet({
    desired: resolveDesired(parseConfig(text, 'tearless.yaml')),
    observation: observe(...facts),
    network: undefined,
    baseline: new Map(),
    limit: () => true,
    acceptHsDirLoss: false,
    planId: 'p1',
    createdAtMs: 1_700_000_000_000,
    ...input,
  });
};

const shares = 'settings: [{ select: "*", allocator: { mimalloc: 90%, jemalloc: 10% } }]\n';

/** A public network in which the fleet's relays are few, or all, of the HSDirs. */
const publicNetwork = (others: number): NetworkView => {
  const relay = (fingerprint: string) =>
    [
      fingerprint,
      { fingerprint, nickname: 'x', flags: new Set(['Running', 'HSDir', 'V2Dir', 'Guard']), bandwidth: 100 },
    ] as const;
  const fleet = hosts().flatMap(({ instances }) => instances.map(({ fingerprint = '' }) => relay(fingerprint)));
  const rest = Array.from({ length: others }, (_, index) => relay(`${index}`.padStart(40, '0')));
  return { validAfterMs: 0, freshUntilMs: 0, votedMs: 0, relays: new Map([...fleet, ...rest]), weights: new Map() };
};
const toPublic = (text: string): string => text.replace('network: lab\n', '');

describe('planFleet', () => {
  it('divides 90/10 of eight relays as seven and one, each restarted once, in the batches asked for', () => {
    const made = plan(`${shares}restart: { serial: [1, 3, 4] }\n`);
    assert.deepEqual(
      made.batches.map((batch) => batch.length),
      [1, 3, 4],
    );
    const libraryOf = made.items.map((item) => String(item.steps.find(({ id }) => id === 'drop-in')?.params.content));
    assert.equal(libraryOf.filter((text) => text.includes('libmimalloc')).length, 7);
    assert.equal(libraryOf.filter((text) => text.includes('libjemalloc')).length, 1);
    assert.equal(made.cost.restarts, 8);
    assert.ok(
      made.items.every(
        ({ gates, undoGates }) => gates.some(({ kind }) => kind === 'tor.allocator-loaded') && undoGates.length > 0,
      ),
    );
  });

  it('restarts relays in the order asked for, between what hosts need before and after', () => {
    const order = ['h2/bh2', 'h1/ah1', 'h2/ah2'];
    const hostItem = (id: string) => ({ id, subject: 'h1', host: 'h1', steps: [], gates: [], undoGates: [] });
    const made = plan('restart: { serial: [2] }\n', {
      extras: {
        relays: new Map(order.map((id) => [id, { restart: 'starts with all arms' }])),
        before: [hostItem('h1/(timers)')],
        after: [hostItem('h1/(summary)')],
        order,
      },
    });
    assert.deepEqual(made.batches, [['h1/(timers)'], ['h2/bh2', 'h1/ah1'], ['h2/ah2'], ['h1/(summary)']]);
    assert.equal(made.cost.restarts, 3);
  });

  it('is the same plan whenever it is made of the same', () => {
    assert.equal(plan(shares).digest, plan(shares, { planId: 'p2', createdAtMs: 1_800_000_000_000 }).digest);
    assert.notEqual(plan(shares).digest, plan(`${shares}restart: { serial: [2] }\n`).digest);
  });

  it('is empty when nothing is declared or everything is as declared', () => {
    for (const rest of ['', 'settings: [{ select: "*", allocator: glibc }]\n']) assert.deepEqual(plan(rest).items, []);
  });

  it('installs and holds a missing package first, in a batch of its own', () => {
    const bare = hosts().map((facts) => ({
      ...facts,
      libraries: [libraries.glibc, libraries.jemalloc],
      packages: [{ name: 'libjemalloc2', version: '5.3.0-1', held: true }],
    }));
    const made = plan(shares, { facts: bare });
    assert.deepEqual(made.batches[0], ['h1/(host)', 'h2/(host)']);
    assert.deepEqual(
      made.items[0]?.steps.map(({ params }) => params),
      [{ name: 'libmimalloc2.0', version: '2.0.9+ds-2', hold: true }],
    );
  });

  it('fails where the host would load another build than the target', () => {
    const other = hosts().map((facts) => ({
      ...facts,
      libraries: [libraries.glibc, libraries.jemalloc, { ...libraries.mimalloc, buildId: 'cc'.repeat(20) }],
    }));
    assert.throws(() => plan(shares, { facts: other }), {
      code: 'relays-allocator-mismatch',
      kind: 'refused',
      message: /h1 would load mimalloc .*build-id cccc/,
    });
  });

  it('changes only what the limit selects, and gives it its share of the whole', () => {
    const whole = new Map(plan(shares).items.map((item) => [item.id, item.steps]));
    const part = plan(shares, { limit: parseSelector('host=h2') });
    assert.deepEqual(
      part.items.map(({ host }) => host),
      ['h2', 'h2', 'h2', 'h2'],
    );
    for (const item of part.items) assert.deepEqual(item.steps, whole.get(item.id));
  });

  it('fails for a host that did not answer, unless the limit leaves it out', () => {
    const [h1] = hosts();
    assert.ok(h1 !== undefined);
    assert.throws(() => plan(shares, { facts: [h1] }), { code: 'relays-unreachable', kind: 'unreachable' });
    assert.equal(plan(shares, { facts: [h1], limit: parseSelector('host=h1') }).items.length, 4);
  });

  it('leaves a relay alone that somebody stopped, and says so', () => {
    const [h1, h2] = hosts();
    assert.ok(h1 !== undefined && h2 !== undefined);
    const stopped = {
      ...h1,
      instances: h1.instances.map((instance, index) =>
        index === 0 ? { ...instance, activeState: 'inactive' } : instance,
      ),
    };
    const made = plan(shares, { facts: [stopped, h2] });
    assert.equal(made.items.length, 7);
    assert.ok(made.warnings.some(({ code, subjects }) => code === 'relay-not-running' && subjects.includes('h1/ah1')));
  });

  it('warns of a family that is not declared, also when a single relay may change', () => {
    const families = (change: Partial<PlanFleetInput>) =>
      plan(shares, change).warnings.filter(({ code }) => code.startsWith('family-'));
    assert.equal(families({}).length, 1);
    assert.equal(families({ limit: parseSelector('h1/ah1') }).length, 1);
  });
});

describe('planFleet on the public network', () => {
  const publicPlan = (others: number, change: Partial<PlanFleetInput> = {}) => {
    const text = toPublic(
      `${configHead(['h1', 'h2'])}relays: [${relayIds.join(', ')}]\n${shares}restart: { serial: [100%] }\n`,
    );
    return planFleet({
      desired: resolveDesired(parseConfig(text, 'tearless.yaml')),
      observation: observe(...hosts()),
      network: publicNetwork(others),
      baseline: new Map(),
      limit: () => true,
      acceptHsDirLoss: false,
      planId: 'p1',
      createdAtMs: 0,
      ...change,
    });
  };

  it('takes at most a fifth of the fleet’s HSDirs within 96 hours, and leaves the rest for later', () => {
    const made = publicPlan(1000);
    assert.equal(made.cost.restarts, 1);
    assert.match(made.cost.lines.join('\n'), /1 relay restarts; 1 loses HSDir for 96 h/);
    const waiting = made.warnings.filter(({ code }) => code === 'hsdir-loss-spread');
    assert.equal(waiting.flatMap(({ subjects }) => subjects).length, 7);
  });

  it('takes them all when a person accepts the loss', () => {
    assert.equal(publicPlan(1000, { acceptHsDirLoss: true }).cost.restarts, 8);
  });

  it('splits a batch that would take more than a tenth of the network down', () => {
    assert.deepEqual(
      publicPlan(32, { acceptHsDirLoss: true }).batches.map((batch) => batch.length),
      [4, 4],
    );
    assert.deepEqual(
      publicPlan(1000, { acceptHsDirLoss: true }).batches.map((batch) => batch.length),
      [8],
    );
  });

  it('states what is not known when no relay could tell the consensus', () => {
    assert.ok(publicPlan(0, { network: undefined }).warnings.some(({ code }) => code === 'network-unknown'));
  });
});
