// Which introduction points stand in the descriptor of which directory, for one period.
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import type { WorkerPoints } from './worker.ts';

/**
 * - `distinct`: up to 20 points a descriptor, and each directory that clients read has its own
 * - `blend-in`: the same with 8, so that each has the size of a plain service's
 * - `single`: one descriptor of up to 20 for all directories
 */
export type Policy = 'distinct' | 'blend-in' | 'single';

/** One introduction point of one worker. */
export interface PointRef {
  /** Id of the worker. */
  readonly worker: string;
  /** Place among the worker's introduction points when it was chosen. */
  readonly index: number;
  /** What tells the point from all others, also when the worker has others later: see pointKey. */
  readonly key: string;
}

export interface Layout {
  readonly policy: Policy;
  /** The number of the rotation that it was made for. */
  readonly round: number;
  /** By fingerprint: every directory that stores the descriptor, those that clients do not read too. */
  readonly chosen: ReadonlyMap<string, readonly PointRef[]>;
  /** Directories that clients do not read, each with the one that it has a copy of. */
  readonly copies: ReadonlyMap<string, string>;
}

/** A point that can stand in no descriptor. */
export interface SetAside {
  readonly ref: PointRef;
  readonly why: string;
}

/** Why there is nothing to publish: the last good layout has to stay. */
export type NoLayoutReason =
  | 'no-directories'
  | 'no-workers'
  /** No worker is in. */
  | 'all-out'
  /** Workers are in, but nothing usable is known of their introduction points. */
  | 'no-points'
  /** So many authorized clients that no introduction point fits beside them. */
  | 'no-room';

export type LayoutChoice =
  | { readonly kind: 'chosen'; readonly layout: Layout; readonly setAside: readonly SetAside[] }
  | { readonly kind: 'none'; readonly reason: NoLayoutReason; readonly setAside: readonly SetAside[] };

/** The identity of an introduction point: its encryption key, which tor makes anew for each. 64 hexadecimal digits. */
export const pointKey = (point: Pick<IntroPoint, 'encKey'>): string => Buffer.from(point.encKey).toString('hex');

/** The introduction point that a reference means, or undefined when its worker no longer has it. */
export const findPoint = (ref: PointRef, points: readonly WorkerPoints[]): IntroPoint | undefined => {
  const introPoints = points.find(({ worker }) => worker.id === ref.worker)?.introPoints ?? [];
  const there = introPoints[ref.index];
  if (there !== undefined && pointKey(there) === ref.key) return there;
  return introPoints.find((point) => pointKey(point) === ref.key);
};

/** What clients can read: the directories that are no spare, with their points. */
export const listRead = ({ chosen, copies }: Layout): Map<string, readonly PointRef[]> =>
  new Map([...chosen].filter(([fingerprint]) => !copies.has(fingerprint)));
