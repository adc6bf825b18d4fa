// A worker behind a balanced onion service, and what was last learnt of it.
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';

/**
 * - `in`: new clients are sent to it
 * - `held`: it answers again, but went away too often lately: not yet
 * - `out`: it does not answer
 * - `draining`: a person wants no new clients there; those who have come stay
 */
export type WorkerState = 'in' | 'held' | 'out' | 'draining';

export interface Worker {
  /** Short, unique in the service. */
  readonly id: string;
  /** With `.onion`. */
  readonly onionAddress: string;
  /** Share of new clients relative to the other workers: above 0. */
  readonly weight: number;
  readonly state: WorkerState;
}

/** The introduction points that a worker stands behind, from its own descriptor. */
export interface WorkerPoints {
  readonly worker: Worker;
  readonly introPoints: readonly IntroPoint[];
  readonly learntAtMs: number;
  /** How long after `learntAtMs` the points can be counted on. */
  readonly descriptorValidForMs: number;
}
