// A relay that an experiment might take, with all that was seen of it. Values only.
import type { DesiredRelay } from '../../config/desired.ts';
import type { HostFacts, InstanceFacts } from '../../facts/observed.ts';

export interface Candidate {
  readonly relay: DesiredRelay;
  readonly facts: HostFacts;
  readonly instance: InstanceFacts;
  /** As the consensus lists them; undefined where nobody could tell. */
  readonly flags: ReadonlySet<string> | undefined;
  /** Consensus weight, where it is known and not 0. */
  readonly weight?: number;
}

/** Something that speaks against a relay, or that a person should know of it. */
export interface Obstacle {
  readonly relay: string;
  readonly code:
    | 'not-running'
    | 'busy'
    | 'left-over-torrc'
    | 'left-over-drop-in'
    | 'restart-timer'
    | 'restart-cron'
    | 'missing-flags'
    | 'tor-version'
    | 'unequal-age'
    | 'no-block';
  /** For people: what was seen, where, and how the others have it. */
  readonly reason: string;
}

/** Where most of the fleet stands for one thing that can be said of each relay. */
export interface Majority<T> {
  readonly value: T;
  readonly count: number;
  readonly of: number;
}

/** The value that more than half have; undefined where there is none. */
export const majorityOf = <T>(values: readonly T[]): Majority<T> | undefined => {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [value, count] = [...counts].reduce<[T | undefined, number]>(
    (best, entry) => (entry[1] > best[1] ? entry : best),
    [undefined, 0],
  );
  return count * 2 > values.length ? { value: value as T, count, of: values.length } : undefined;
};
