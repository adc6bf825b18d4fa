// What frontends live in: for good, and for as long as one connection to tor lasts.
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../stats/random/random.ts';
import type { Store } from '../../store/store.ts';
import type { Turns } from '../circuits/turns.ts';
import type { NetworkView } from '../learn/network-view.ts';
import type { BalanceEvent } from './event.ts';
import type { Ledger } from './ledger.ts';
import type { LookLine } from './look-line.ts';
import type { Timings } from './timings.ts';

export interface FrontendWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: (bytes: number) => Uint8Array;
  readonly emit: (event: BalanceEvent) => void;
}

/** And what the leader writes it down by. */
export interface LedWorld extends FrontendWorld {
  readonly ledger: Ledger;
}

export interface Session {
  readonly controller: Controller;
  readonly view: NetworkView;
  readonly timings: Timings;
  /** Circuits of all frontends. */
  readonly turns: Turns;
  /** Looks at workers of all frontends. */
  readonly looks: LookLine;
  /** Rounds of all frontends: each has its descriptors in memory while it lasts. */
  readonly rounds: Turns;
  /** This balancer leads, and clock and consensus agree. */
  readonly mayPublish: () => boolean;
  readonly isProbed: boolean;
  readonly signal: AbortSignal;
  /** Ends the session for what must not happen. */
  readonly fail: (error: unknown) => void;
}
