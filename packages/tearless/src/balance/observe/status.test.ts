import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { Observation } from './observation.ts';
import { describeStatus } from './status.ts';
import { opened, published, service, standing } from './testing/events.ts';

interface Recorded {
  readonly services: readonly {
    readonly onionAddress: string;
    readonly publishAttemptFirstDescriptor: string;
    readonly instances: readonly { readonly onionAddress: string; readonly descriptorReceived?: string }[];
  }[];
}

const recorded: Recorded = JSON.parse(
  readFileSync(new URL('testdata/onionbalance-status.json', import.meta.url), 'utf8'),
);

/** The value without what only Tearless tells. */
const withoutOurs = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutOurs);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([name]) => name !== 'tearless');
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutOurs(one)]));
};

suite('the status', () => {
  test('of what Onionbalance was recorded with is the same in every field', () => {
    const [of] = recorded.services;
    assert.ok(of !== undefined);
    const observation = new Observation();
    const heardMs = Date.parse(`${of.instances[0]?.descriptorReceived?.replace(' ', 'T')}Z`);
    const publishedMs = Date.parse(`${of.publishAttemptFirstDescriptor.replace(' ', 'T')}Z`);
    const addresses = of.instances.map(({ onionAddress }) => onionAddress);
    observation.take(opened(addresses, of.onionAddress), heardMs - 1000);
    for (const worker of ['w1', 'w2']) {
      observation.take({ kind: 'worker.heard', frontend: of.onionAddress, worker }, heardMs);
      observation.take({ kind: 'worker.learnt', frontend: of.onionAddress, worker, points: 2 }, heardMs);
    }
    observation.take(published({ frontend: of.onionAddress, publishedMs }), publishedMs);
    assert.deepEqual(withoutOurs(describeStatus(observation)), recorded);
  });

  test('has the descriptor of the earlier period first, and the two newest alone', () => {
    const observation = new Observation();
    observation.take(opened([]), 0);
    for (const [period, publishedMs] of [
      [102, 3000],
      [100, 1000],
      [101, 2000],
    ] as const)
      observation.take(published({ period, publishedMs, isFetched: period === 101 }), publishedMs);
    const { services } = JSON.parse(JSON.stringify(describeStatus(observation)));
    assert.equal(services[0].publishAttemptFirstDescriptor, '1970-01-01 00:00:02');
    assert.equal(services[0].publishAttemptSecondDescriptor, '1970-01-01 00:00:03');
    assert.deepEqual(
      services[0].tearless.descriptors.map(({ period, isFetched }: { period: number; isFetched: boolean }) => [
        period,
        isFetched,
      ]),
      [
        [101, true],
        [102, false],
      ],
    );
  });

  test('tells apart when a worker was heard and when its points changed, and why nothing is published', () => {
    const observation = new Observation();
    observation.take(opened(['w.onion']), 0);
    observation.take({ kind: 'worker.heard', frontend: service, worker: 'w1' }, 1000);
    observation.take({ kind: 'worker.learnt', frontend: service, worker: 'w1', points: 3 }, 1000);
    observation.take({ kind: 'worker.changed', frontend: service, worker: 'w1', state: 'in', why: 'up' }, 1000);
    observation.take({ kind: 'worker.heard', frontend: service, worker: 'w1' }, 9000);
    observation.take({ kind: 'balancer.state-changed', state: 'consensus-stale', why: 'old' }, 9000);
    observation.take(
      { kind: 'descriptor.refused', frontend: service, worker: 'w1', reason: 'hsdesc-x', why: '' },
      9000,
    );
    observation.take({ kind: 'frontend.all-out', frontend: service, why: 'none' }, 9000);
    observation.take({ kind: 'round.kept', ...standing(), why: 'good' }, 9000);
    const status = JSON.parse(JSON.stringify(describeStatus(observation)));
    assert.deepEqual(status.services[0].instances, [
      {
        onionAddress: 'w.onion',
        introSetModified: '1970-01-01 00:00:01',
        introPointsNum: 3,
        descriptorReceived: '1970-01-01 00:00:09',
        tearless: { worker: 'w1', state: 'in' },
      },
    ]);
    assert.equal(status.services[0].tearless.state, 'all-out');
    assert.deepEqual(status.tearless, {
      schema: 'tearless.balance-socket/v1',
      state: 'consensus-stale',
      why: 'old',
      refused: { 'hsdesc-x': 1 },
    });
  });
});
