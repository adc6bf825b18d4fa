// Whether this process may publish now, by what leadership says and the time. Without a leadership it always may.
import type { LeaderState, Leadership } from '../model/leadership.ts';

export interface Standing {
  readonly state: 'leading' | 'standby' | 'lease-lost';
  readonly why: string | null;
}

export class Leader {
  readonly #leadership: Leadership | undefined;
  readonly #onChange: () => void;
  #told: LeaderState | undefined;
  /** What was told last, in short. */
  #noted = '';
  #term = 0;

  /** @param onChange called when it may publish now and could not before, or the other way round */
  constructor(leadership: Leadership | undefined, onChange: () => void) {
    this.#leadership = leadership;
    this.#term = leadership === undefined ? 1 : 0;
    this.#onChange = onChange;
  }

  /** It leads by a lease, and only until that ends; otherwise it is the only one. */
  get hasLease(): boolean {
    return this.#leadership !== undefined;
  }

  /** Changes whenever another may have led, and published, since. */
  get term(): number {
    return this.#term;
  }

  async follow(signal: AbortSignal): Promise<void> {
    await this.#leadership?.follow((state) => {
      this.#told = state;
      if (state.kind === 'leading') this.#term = state.term;
      // That it still leads, and until when, is no change.
      const noted = JSON.stringify([state.kind, this.#term, this.standing]);
      if (noted !== this.#noted) this.#onChange();
      this.#noted = noted;
    }, signal);
  }

  /** Asked right before something goes to a directory. */
  mayPublish(): boolean {
    return this.#leadership === undefined || this.#leadership.leads();
  }

  /** Whether this process could publish if it led. */
  offer(canPublish: boolean): void {
    this.#leadership?.offer(canPublish);
  }

  /** When it has to be looked again whether it still leads; null: not because of that. */
  get untilMs(): number | null {
    const told = this.#told;
    return told === undefined || !('untilMs' in told) || !this.mayPublish() ? null : told.untilMs;
  }

  get standing(): Standing {
    if (this.mayPublish()) return { state: 'leading', why: this.#explainSilence() };
    if (this.#told?.kind === 'standby') return { state: 'standby', why: `${this.#told.leader} leads` };
    if (this.#told?.kind === 'aside') return { state: 'standby', why: 'it could not publish, and lets others lead' };
    if (this.#told?.kind === 'unreachable') return { state: 'lease-lost', why: this.#told.why };
    if (this.#term > 0) return { state: 'lease-lost', why: 'the lease ended and was not renewed' };
    return { state: 'standby', why: 'it is not known yet who leads' };
  }

  /** Undisturbed by it, visitors are served; but a person has to look before the lease ends. */
  #explainSilence(): string | null {
    const told = this.#told;
    if (told?.kind !== 'unreachable' || told.untilMs === null) return null;
    return `${told.why}; nothing is published after ${new Date(told.untilMs).toISOString()} unless it is back by then`;
  }
}
