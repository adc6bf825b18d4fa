// A pause that can be ended: by the time, by a bell, or by the end of everything.
import type { Clock } from '../../base/clock.ts';

/** One for all: an error made anew costs more than all else here. */
const rung = new Error('rung');

export class Alarm {
  readonly #clock: Clock;
  #isRung = false;
  #woken: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the pause, or the next one where there is none. */
  ring(): void {
    this.#isRung = true;
    this.#woken?.abort(rung);
  }

  /** Never rejects: whoever pauses looks at the signal. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort(rung);
    this.#woken = woken;
    // Not AbortSignal.any: what it makes stays with the signal for as long as that lives.
    signal.addEventListener('abort', wake, { once: true });
    if (!this.#isRung && !signal.aborted) await this.#clock.sleep(Math.max(0, ms), woken.signal).catch(() => {});
    signal.removeEventListener('abort', wake);
    this.#isRung = false;
    this.#woken = undefined;
  }
}
