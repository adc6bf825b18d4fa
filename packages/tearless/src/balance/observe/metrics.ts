// The figures of a balancer for Prometheus. Series grow with services and states, never with workers or directories: a
// thousand services stay some twenty thousand lines. docs/how-to/watch-a-balancer.md says what each means.
import type { BalancerState } from '../run/event.ts';
import { histogramSamples, type MetricFamily, type Sample } from './exposition.ts';
import { buildBoundsSeconds, type Observation, type ObservedFrontend } from './observation.ts';

const states: readonly BalancerState[] = [
  'connecting',
  'tor-starting',
  'ring-incomplete',
  'clock-behind',
  'consensus-stale',
  'standby',
  'lease-lost',
  'store-lost',
  'running',
  'stopped',
];
const serviceStates = ['running', 'all-out', 'keys-ended'];
const workerStates = ['in', 'held', 'out', 'draining'];
/** Another balancer publishes, nobody knows who may, or nobody may at all. */
const withoutLead: ReadonlySet<string> = new Set(['standby', 'lease-lost', 'store-lost', 'stopped']);

export const listMetrics = (observation: Observation, nowMs: number): MetricFamily[] => {
  const { state, refused, builds } = observation;
  function* perFrontend(samples: (frontend: ObservedFrontend) => readonly Sample[]): Generator<Sample> {
    for (const [service, frontend] of observation.frontends)
      for (const sample of samples(frontend)) yield { ...sample, labels: { service, ...sample.labels } };
  }
  const perRound = (value: (round: { publishedMs: number; nextMs: number }) => number): Iterable<Sample> =>
    perFrontend(({ rounds }) =>
      [...rounds.values()].map((round) => ({
        labels: { read: String(round.isFetched) },
        value: value(round),
      })),
    );
  const ofRead = (value: (round: { points: number; bodies: number }) => number): Iterable<Sample> =>
    perFrontend(({ rounds }) =>
      [...rounds.values()].filter(({ isFetched }) => isFetched).map((round) => ({ value: value(round) })),
    );
  const gauge = (name: string, help: string, samples: Iterable<Sample>): MetricFamily => ({
    name: `tearless_balance_${name}`,
    type: 'gauge',
    help,
    samples,
  });
  const counter = (name: string, help: string, samples: Iterable<Sample>): MetricFamily => ({
    ...gauge(`${name}_total`, help, samples),
    type: 'counter',
  });
  return [
    gauge(
      'state',
      '1 for the state that the balancer is in, 0 for the others.',
      [...new Set([...states, state])].map((one) => ({ labels: { state: one }, value: one === state ? 1 : 0 })),
    ),
    gauge('leading', '1 when this balancer may publish, 0 when another one does or nobody knows.', [
      { value: withoutLead.has(state) ? 0 : 1 },
    ]),
    gauge(
      'service_state',
      '1 for the state that a service is in: running, or why nothing new is published for it.',
      perFrontend(({ service }) =>
        serviceStates.map((one) => ({ labels: { state: one }, value: one === service ? 1 : 0 })),
      ),
    ),
    gauge(
      'workers',
      'Workers by state.',
      perFrontend(({ workers }) =>
        workerStates.map((one) => ({
          labels: { state: one },
          value: [...workers.values()].filter((worker) => worker.state === one).length,
        })),
      ),
    ),
    gauge(
      'introduction_points',
      'Different introduction points in the descriptors that clients read.',
      ofRead(({ points }) => points),
    ),
    gauge(
      'distinct_descriptors',
      'Different sets of introduction points among the descriptors that clients read.',
      ofRead(({ bodies }) => bodies),
    ),
    gauge(
      'descriptor_age_seconds',
      'Since the last round of a time period; read tells whether clients look for it now.',
      perRound(({ publishedMs }) => (nowMs - publishedMs) / 1000),
    ),
    gauge(
      'next_round_seconds',
      'Until the next round that nothing but time asks for.',
      perRound(({ nextMs }) => (nextMs - nowMs) / 1000),
    ),
    gauge(
      'directories_missing',
      'Directories that do not hold the last round of a time period.',
      perFrontend(({ rounds }) =>
        [...rounds.values()].map(({ isFetched, failed }) => ({ labels: { read: String(isFetched) }, value: failed })),
      ),
    ),
    counter(
      'uploads',
      'Descriptors by what became of them: fetched back (verified), taken by the directory (uploaded), or failed.',
      perFrontend(({ uploads }) => Object.entries(uploads).map(([result, value]) => ({ labels: { result }, value }))),
    ),
    counter(
      'rounds',
      'Rounds that were published, and those that were due and could not be made.',
      perFrontend(({ roundsPublished, roundsFailed }) => [
        { labels: { outcome: 'published' }, value: roundsPublished },
        { labels: { outcome: 'failed' }, value: roundsFailed },
      ]),
    ),
    counter(
      'refused_descriptors',
      'What was to be the descriptor of a worker and was not taken, by the code of the error.',
      [...refused].map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    {
      name: 'tearless_balance_build_seconds',
      type: 'histogram',
      help: 'Making and signing all descriptors of a round.',
      samples: histogramSamples(buildBoundsSeconds, builds.counts, builds.sumSeconds),
    },
  ];
};
