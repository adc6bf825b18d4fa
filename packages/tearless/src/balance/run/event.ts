// What the balancer tells while it runs. Renderers show it; nothing here prints.

/**
 * - `connecting`: the control port does not answer, or went away
 * - `tor-starting`: tor has no consensus or no circuits yet
 * - `ring-incomplete`: tor still lacks microdescriptors of directories
 * - `clock-behind`, `consensus-stale`: clock and consensus disagree: nothing is published
 * - `standby`: another balancer leads; this one learns, and takes over when that one is gone
 * - `lease-lost`: this one led, and cannot prove any more that it does: nothing is published
 * - `store-lost`: what is remembered is out of reach: nothing is published
 * - `all-out`, `keys-ended`: of one frontend, while the balancer runs
 */
export type BalancerState =
  | 'connecting'
  | 'tor-starting'
  | 'ring-incomplete'
  | 'clock-behind'
  | 'consensus-stale'
  | 'standby'
  | 'lease-lost'
  | 'store-lost'
  | 'all-out'
  | 'keys-ended'
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
  /** Workers cannot be reached through Tor to see whether they answer: they are in by their own word. */
  | { readonly kind: 'balancer.not-probing'; readonly why: string }
  /** Probes say nothing of a worker, or of any where none is named: the way there does not work. A person should look. */
  | {
      readonly kind: 'probes.blind';
      readonly path: string;
      readonly worker: { readonly frontend: string; readonly worker: string } | null;
      readonly why: string;
    }
  | {
      readonly kind: 'probes.recovered';
      readonly path: string;
      readonly worker: { readonly frontend: string; readonly worker: string } | null;
    }
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
  /** No worker is in: what was published last stays as it is. A person should look. */
  | { readonly kind: 'frontend.all-out'; readonly frontend: string; readonly why: string }
  /** There are no keys for a period: nothing is published for it. A person should look. */
  | { readonly kind: 'frontend.keys-ended'; readonly frontend: string; readonly why: string }
  | { readonly kind: 'frontend.recovered'; readonly frontend: string; readonly why: string }
  | { readonly kind: 'round.failed'; readonly frontend: string; readonly period: number; readonly why: string }
  /** What was published is still good: told when this process begins, and when clients begin or cease to look for it. */
  | (StandingRound & { readonly kind: 'round.kept'; readonly why: string });
