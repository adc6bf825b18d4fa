// What the balancer tells while it runs. Renderers show it; nothing here prints.

/**
 * - `connecting`: the control port does not answer, or went away
 * - `tor-starting`: tor has no consensus or no circuits yet
 * - `ring-incomplete`: tor still lacks microdescriptors of directories
 * - `clock-behind`, `consensus-stale`: clock and consensus disagree: nothing is published
 */
export type BalancerState =
  | 'connecting'
  | 'tor-starting'
  | 'ring-incomplete'
  | 'clock-behind'
  | 'consensus-stale'
  | 'running'
  | 'stopped';

export type BalanceEvent =
  | { readonly kind: 'balancer.state-changed'; readonly state: BalancerState; readonly why: string | null }
  /** It has other introduction points than before. */
  | {
      readonly kind: 'worker.learnt';
      readonly frontend: string;
      readonly worker: string;
      readonly points: number;
    }
  | {
      readonly kind: 'worker.changed';
      readonly frontend: string;
      readonly worker: string;
      readonly state: string;
      readonly why: string;
    }
  | {
      readonly kind: 'round.published';
      readonly frontend: string;
      readonly period: number;
      readonly isFetched: boolean;
      readonly revisionCounter: string;
      readonly why: string;
      readonly directories: number;
      readonly failed: number;
      readonly points: number;
      readonly bodies: number;
    }
  | { readonly kind: 'round.failed'; readonly frontend: string; readonly period: number; readonly why: string }
  /** What was published before this process began is still good. */
  | { readonly kind: 'round.kept'; readonly frontend: string; readonly period: number; readonly why: string };
