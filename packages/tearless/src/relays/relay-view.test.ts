import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveDesired } from '../config/desired.ts';
import { parseConfig } from '../config/parse.ts';
import { parseSelector } from '../config/selector.ts';
import type { NetworkView } from '../daemon/weight.ts';
import { HostError } from '../host/host-error.ts';
import type { FleetObservation } from './fleet-observation.ts';
import { summariseFleet } from './fleet-summary.ts';
import { type FleetView, viewFleet } from './relay-view.ts';
import { configHead, libraries, sampleHost, sampleInstance } from './testing/sample-fleet.ts';

const desired = resolveDesired(
  parseConfig(
    `${configHead(['h1', 'h2'])}relays: [h1/a, h1/b, h1/gone, h2/c]
settings:
  - { select: "h1/*", allocator: mimalloc }
`,
    'tearless.yaml',
  ),
);

const process = (allocator: keyof typeof libraries) => {
  const sample = sampleInstance('x').process;
  assert.ok(sample !== undefined);
  return { ...sample, allocator: libraries[allocator] };
};

const h1 = sampleHost('h1', [
  sampleInstance('a', {
    process: process('mimalloc'),
    environment: { LD_PRELOAD: libraries.mimalloc.path },
    activeEnterMs: 1_700_000_000_000,
  }),
  sampleInstance('b'),
  sampleInstance('extra'),
  sampleInstance('unused', { activeState: 'inactive', unitFileState: 'disabled' }),
]);

const observation: FleetObservation = {
  hosts: new Map([['h1', h1]]),
  unreachable: new Map([
    ['h2', new HostError({ kind: 'unreachable', code: 'ssh-unreachable', message: 'h2 is down', hint: 'mend it' })],
  ]),
};

const view = (limit = '*', network?: NetworkView): FleetView =>
  viewFleet({ desired, observation, network, limit: parseSelector(limit), hostLabels: () => ({ site: 'cellar' }) });

const relayOf = ({ relays }: FleetView, id: string) => {
  const found = relays.find((relay) => relay.id === id);
  assert.ok(found !== undefined, id);
  return found;
};

describe('viewFleet', () => {
  it('has each declared relay in its order, then instances in use that nobody declared', () => {
    assert.deepEqual(
      view().relays.map(({ id, state, declared }) => `${id} ${state} ${declared}`),
      [
        'h1/a active true',
        'h1/b active true',
        'h1/gone missing true',
        'h2/c unreachable true',
        'h1/extra active false',
      ],
    );
  });

  it('names the allocator that is loaded, by the declaration of its build-id', () => {
    assert.deepEqual(relayOf(view(), 'h1/a').loaded, {
      name: 'mimalloc',
      version: '2.0.9',
      buildId: libraries.mimalloc.buildId,
      path: libraries.mimalloc.path,
    });
    assert.equal(relayOf(view(), 'h1/b').loaded?.name, 'glibc');
    assert.equal(relayOf(view(), 'h1/a').uptimeSeconds, 100);
  });

  it('puts every finding to its relay', () => {
    const codes = (id: string) => relayOf(view(), id).findings.map(({ code }) => code);
    assert.deepEqual(codes('h1/a'), []);
    assert.deepEqual(codes('h1/b'), ['allocator-drift']);
    assert.deepEqual(codes('h1/gone'), ['relays-unknown-instance']);
    assert.deepEqual(codes('h2/c'), ['relays-unreachable']);
  });

  it('keeps to the limit, also for what is not declared', () => {
    assert.deepEqual(
      view('h1/e*,host=h2').relays.map(({ id }) => id),
      ['h2/c', 'h1/extra'],
    );
    assert.deepEqual(
      view('site=cellar').relays.map(({ id }) => id),
      ['h1/extra'],
    );
  });

  it('tells no flags from flags that are not known', () => {
    const fingerprint = h1.instances[0]?.fingerprint ?? '';
    const network = {
      relays: new Map([
        [fingerprint, { fingerprint, nickname: 'a', flags: new Set(['Running', 'HSDir']), bandwidth: 1 }],
      ]),
    } as unknown as NetworkView;
    assert.equal(relayOf(view(), 'h1/a').flags, undefined);
    assert.deepEqual(relayOf(view('*', network), 'h1/a').flags, ['HSDir', 'Running']);
    assert.deepEqual(relayOf(view('*', network), 'h1/b').flags, []);
  });

  it('shows another relay in the place of a declared one, with what is wrong', () => {
    const [first] = desired.relays;
    assert.ok(first !== undefined);
    const other = { ...desired, relays: [{ ...first, fingerprint: 'F'.repeat(40) }] };
    const { relays } = viewFleet({
      desired: other,
      observation,
      network: undefined,
      limit: parseSelector('h1/a'),
      hostLabels: () => ({}),
    });
    assert.equal(relays[0]?.state, 'active');
    assert.deepEqual(
      relays[0]?.findings.map(({ code }) => code),
      ['relays-identity'],
    );
  });
});

describe('summariseFleet', () => {
  it('counts what runs, sums memory and averages it over what runs', () => {
    const summary = summariseFleet(view('!extra').relays);
    assert.equal(summary.relays, 4);
    assert.equal(summary.running, 2);
    assert.equal(summary.rssBytes, 1e9);
    assert.equal(summary.averagePssBytes, 5e8);
    assert.equal(summary.findings, 3);
    assert.deepEqual(
      summary.byAllocator.map(({ name, relays, running }) => [name, relays, running]),
      [
        ['(missing)', 1, 0],
        ['(unreachable)', 1, 0],
        ['glibc', 1, 1],
        ['mimalloc 2.0.9', 1, 1],
      ],
    );
    assert.deepEqual(
      summary.byHost.map(({ name, relays }) => [name, relays]),
      [
        ['h1', 3],
        ['h2', 1],
      ],
    );
  });

  it('is all zero where nothing runs', () => {
    const { byAllocator, byHost, ...figures } = summariseFleet([]);
    assert.deepEqual([...byAllocator, ...byHost], []);
    assert.ok(Object.values(figures).every((figure) => figure === 0));
  });
});
