// Whether this process may publish now, by what leadership says and the time. Without a leadership it always may.
import type { Clock } from '../../base/clock.ts';
import type { LeaderState, Leadership } from '../model/leadership.ts';

export interface Standing {
  readonly state: 'leading' | 'standby' | 'lease-lost';
  readonly why: string | null;
}

export class Leader {
  readonly #leadership: Leadership | undefined;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #told: LeaderState | undefined;
  #hasLed = false;
  #terms = 0;

  /** @param onChange called when it may publish now and could not before, or the other way round */
  constructor(leadership: Leadership | undefined, clock: Clock, onChange: () => void) {
    this.#leadership = leadership;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#terms = leadership === undefined ? 1 : 0;
  }

  /** How many times it has begun to lead: whoever led in between may have published. */
  get terms(): number {
    return this.#terms;
  }

  async follow(signal: AbortSignal): Promise<void> {
    await this.#leadership?.follow((state) => {
      const before = this.standing;
      const wasLeading = this.mayPublish();
      this.#told = state;
      if (this.mayPublish() && !wasLeading) this.#terms += 1;
      if (this.mayPublish()) this.#hasLed = true;
      const { standing } = this;
      if (standing.state !== before.state || standing.why !== before.why) this.#onChange();
    }, signal);
  }

  mayPublish(): boolean {
    const { untilMs } = this;
    return untilMs !== null && this.#clock.now() < untilMs;
  }

  /** Null: it does not lead. */
  get untilMs(): number | null {
    if (this.#leadership === undefined) return Number.POSITIVE_INFINITY;
    return this.#told === undefined || this.#told.kind === 'standby' ? null : this.#told.untilMs;
  }

  get standing(): Standing {
    if (this.mayPublish()) return { state: 'leading', why: null };
    if (this.#told?.kind === 'standby') return { state: 'standby', why: `${this.#told.leader} leads` };
    if (this.#told?.kind === 'unreachable') return { state: 'lease-lost', why: this.#told.why };
    if (this.#hasLed) return { state: 'lease-lost', why: 'the lease ended and was not renewed' };
    return { state: 'standby', why: 'it is not known yet who leads' };
  }
}
