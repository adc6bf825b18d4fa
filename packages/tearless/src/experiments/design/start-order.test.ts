// The plan that a start becomes when the fleet is planned with it: order, batches, and what must wait on the public network.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveDesired } from '../../config/desired.ts';
import { stampExperiment } from '../../config/edit-experiments.ts';
import { listAssigned } from '../../config/experiments.ts';
import { parseConfig } from '../../config/parse.ts';
import { planFleet } from '../../relays/plan-fleet.ts';
import { configHead, observe, sampleHost, sampleInstance } from '../../relays/testing/sample-fleet.ts';
import { restartOrder } from './assignment.ts';
import { planStart } from './plan-start.ts';

const path = 'tearless.yaml';
const names = Array.from({ length: 12 }, (_, index) => `r${String.fromCharCode(97 + index)}`);
const blocks = [0, 1, 2, 3, 4, 5].map(
  (index) => `{ glibc: h1/${names[2 * index]}, mimalloc: h1/${names[2 * index + 1]} }`,
);

const text = (
  network: 'lab' | 'public',
): string => `${configHead(['h1']).replace('network: lab', `network: ${network}`)}relays: [${names.map((name) => `h1/${name}`).join(', ')}]
restart: { serial: [1, 3] }
experiments:
  mem:
    control: glibc
    arms: { glibc: { allocator: glibc }, mimalloc: { allocator: mimalloc } }
    blocks: [${blocks.join(', ')}]
    seed: s
    days: 3
    designed: 2026-01-31T12:00:00Z
`;

const startingMs = Date.UTC(2026, 1, 1);
/** All run since a week; the host's clock says when they began. */
const hosts = observe(
  sampleHost(
    'h1',
    names.map((name) => sampleInstance(name, { activeEnterMs: startingMs - 7 * 86_400_000 })),
    { hostTimeMs: startingMs },
  ),
);

const plan = (network: 'lab' | 'public') => {
  const config = parseConfig(stampExperiment(text(network), path, 'mem', 'starting', startingMs), path);
  const experiment = config.experiments?.mem;
  assert.ok(experiment !== undefined);
  const fingerprints = [...hosts.hosts.values()].flatMap(({ instances }) =>
    instances.map((instance) => instance.fingerprint ?? ''),
  );
  const made = planFleet({
    desired: resolveDesired(config),
    observation: hosts,
    network: {
      validAfterMs: 0,
      freshUntilMs: 0,
      votedMs: 0,
      weights: new Map(),
      relays: new Map(
        fingerprints.map((fingerprint) => [
          fingerprint,
          { fingerprint, nickname: 'x', bandwidth: 1, flags: new Set(['Running', 'HSDir', 'V2Dir']) },
        ]),
      ),
    },
    baseline: new Map(),
    limit: () => true,
    acceptHsDirLoss: false,
    planId: 'p',
    createdAtMs: startingMs,
    extras: planStart({
      name: 'mem',
      experiment,
      startingMs: startingMs + 60_000,
      hosts: hosts.hosts,
      nowMs: startingMs,
    }),
  });
  return { made, experiment };
};

describe('the plan of a start', () => {
  it('restarts all relays of all arms once, control included, in batches along its random order', () => {
    const { made, experiment } = plan('lab');
    assert.deepEqual(made.batches.flat(), restartOrder(experiment));
    assert.deepEqual(
      made.batches.map(({ length }) => length),
      [1, 3, 3, 3, 2],
    );
    assert.equal(made.cost.restarts, 12);
    for (const { steps } of made.items) assert.equal(steps.filter(({ kind }) => kind === 'tor.restart').length, 1);
    const control = made.items.find(({ id }) => id === 'h1/ra');
    assert.deepEqual(
      control?.steps.map(({ kind }) => kind),
      ['tor.restart'],
    );
    assert.match(control?.steps[0]?.summary ?? '', /begins the experiment mem/);
  });

  it('lets relays wait that would take too many HSDirs away, and takes arms in turn also then', () => {
    const { made, experiment } = plan('public');
    const armOf = new Map(listAssigned(experiment).map(({ relay, arm }) => [relay, arm]));
    // A fifth of twelve HSDirs, rounded down.
    assert.deepEqual(made.batches.flat(), restartOrder(experiment).slice(0, 2));
    assert.equal(new Set(made.batches.flat().map((id) => armOf.get(id))).size, 2);
    assert.ok(made.warnings.some(({ message }) => /HSDir/.test(message)));
  });
});
