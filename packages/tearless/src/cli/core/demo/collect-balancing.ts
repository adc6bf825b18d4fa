// The report of scene `balancer` as values, from what was seen. Pure.

import { timesOf } from '@tearless/lab/traffic/visiting.ts';
import type { Visit } from '@tearless/lab/traffic/visitor.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { Balancing, BalancingWorker } from '../../../report/balancing.ts';
import type { Span } from '../../../report/span.ts';
import type { BalancerChange } from './balancer-verdict.ts';
import type { ToldState } from './balancer-watch.ts';

interface Maps {
  readonly frontends: readonly {
    readonly rounds: readonly {
      readonly isFetched: boolean;
      readonly directories: readonly { readonly points: readonly { readonly worker: string }[] }[];
    }[];
  }[];
}

export interface BalancingSources {
  readonly span: Span;
  readonly phases: Balancing['phases'];
  readonly workers: readonly string[];
  readonly states: readonly ToldState[];
  readonly visits: readonly Visit[];
  readonly changes: readonly BalancerChange[];
  readonly introductionPoints: number;
  readonly distinctDescriptors: number;
  readonly shares: ReadonlyMap<string, number>;
  readonly proofs: Balancing['proofs'];
}

/** What was told of a worker, as spans; nothing stands before the first word. */
const spansOf = (worker: string, states: readonly ToldState[], endMs: number): BalancingWorker['states'] => {
  const own = states.filter((told) => told.worker === worker);
  // Told again after the balancer was started anew, a state is still the same.
  const changes = own.filter(({ state }, index) => own[index - 1]?.state !== state);
  return changes.map(({ state, atMs }, index) => ({ state, fromMs: atMs, toMs: changes[index + 1]?.atMs ?? endMs }));
};

const outcomeOf = ({ outcome, attempts }: Visit) =>
  outcome === 'failed' ? 'failed' : attempts.length > 1 ? 'retried' : 'ok';

export const collectBalancing = (sources: BalancingSources): Balancing => {
  const { span, phases, workers, states, visits, changes, shares, proofs } = sources;
  const p99 = (isFresh: boolean) => timesOf(visits.filter((visit) => visit.isFresh === isFresh))?.p99Ms ?? null;
  return {
    title: 'One onion address over four workers',
    lead: 'Visitors open new connections without a pause while a worker is added, another is killed and a third is drained.',
    span,
    phases,
    workers: workers.map((id) => ({
      id,
      states: spansOf(id, states, span.toMs),
      visits: visits.filter(({ answer }) => answer === id).length,
      share: shares.get(id) ?? 0,
    })),
    visits: visits.map((visit) => ({
      atMs: visit.startMs,
      tookMs: visit.endMs - visit.startMs,
      outcome: outcomeOf(visit),
      isFresh: visit.isFresh,
      ...(visit.answer === undefined ? {} : { worker: visit.answer }),
    })),
    changes,
    introductionPoints: sources.introductionPoints,
    distinctDescriptors: sources.distinctDescriptors,
    freshP99Ms: p99(true),
    cachedP99Ms: p99(false),
    proofs,
  };
};

/** Introduction points of those workers in the descriptors that clients read, as `balance maps` tells. */
export const countPoints = (maps: JsonObject, workers: readonly string[]): number => {
  const { frontends } = maps as unknown as Maps;
  const read = frontends.flatMap(({ rounds }) => rounds).filter(({ isFetched }) => isFetched);
  const points = read.flatMap(({ directories }) => directories).flatMap((directory) => directory.points);
  return points.filter(({ worker }) => workers.includes(worker)).length;
};
