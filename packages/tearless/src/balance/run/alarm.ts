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
    this.#woken = new AbortController();
    if (!this.#isRung) {
      await this.#clock.sleep(Math.max(0, ms), AbortSignal.any([signal, this.#woken.signal])).catch(() => {});
    }
    this.#isRung = false;
    this.#woken = undefined;
  }
}
