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

/** What stands at the directories of a period. */
export interface StandingRound {
  readonly frontend: string;
  readonly period: number;
  /** Clients look for this one. */
  readonly isFetched: boolean;
  readonly publishedMs: number;
  /** When a round is due that nothing but time asks for. */
  readonly nextMs: number;
  readonly directories: number;
  readonly failed: number;
  /** Different introduction points in all of its descriptors. */
  readonly points: number;
  /** Different sets of introduction points. */
  readonly bodies: number;
}

export type BalanceEvent =
  | { readonly kind: 'balancer.state-changed'; readonly state: BalancerState; readonly why: string | null }
  /** Told once, before anything else of it: what is remembered of its workers. */
  | {
      readonly kind: 'frontend.opened';
      readonly frontend: string;
      readonly workers: readonly {
        readonly worker: string;
        readonly address: string;
        readonly state: string;
        readonly points: number;
        readonly learntAtMs: number | null;
      }[];
    }
  /** A good descriptor of it came, be it the same as before. */
  | { readonly kind: 'worker.heard'; readonly frontend: string; readonly worker: string }
  /** What was to be a descriptor of it was not taken. */
  | {
      readonly kind: 'descriptor.refused';
      readonly frontend: string;
      readonly worker: string;
      /** Code of the error: `hsdesc-bad-signature`. */
      readonly reason: string;
      readonly why: string;
    }
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
  | (StandingRound & {
      readonly kind: 'round.published';
      readonly revisionCounter: string;
      readonly why: string;
      /** Directories by what this upload came to; one that only tries again has fewer than the round. */
      readonly uploads: { readonly verified: number; readonly uploaded: number; readonly failed: number };
      /** Making and signing all descriptors, by the processor's clock. */
      readonly buildMs: number;
    })
  | { readonly kind: 'round.failed'; readonly frontend: string; readonly period: number; readonly why: string }
  /** What was published is still good: told when this process begins, and when clients begin or cease to look for it. */
  | (StandingRound & { readonly kind: 'round.kept'; readonly why: string });
