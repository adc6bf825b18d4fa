// Processes with clocks of their own around one store, in a time that only moves when nothing is left to do. They can be
// stopped, killed and cut off; their questions and the answers can be late or lost.
import type { ElapsedClock } from '../../../store/elapsed-clock.ts';

export interface Nerves {
  /** Until when each of these lasts, by true time. */
  stoppedUntilMs: number;
  cutUntilMs: number;
  slowUntilMs: number;
  muteUntilMs: number;
  isDead: boolean;
  /** Answers take so much longer than questions. */
  answerDelayMs: number;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly act: () => void;
}

export class World {
  #nowMs = 0;
  #order = 0;
  readonly #due: Due[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, act: () => void): void {
    this.#order += 1;
    this.#due.push({ atMs: Math.max(atMs, this.#nowMs), order: this.#order, act });
  }

  /** @param look called at each instant at which something has happened */
  async run(untilMs: number, look: () => void): Promise<void> {
    for (;;) {
      // What has been begun comes to where it waits for time to pass.
      await new Promise(setImmediate);
      look();
      let first: Due | undefined;
      for (const due of this.#due)
        if (first === undefined || due.atMs < first.atMs || (due.atMs === first.atMs && due.order < first.order))
          first = due;
      if (first === undefined || first.atMs > untilMs) break;
      this.#due.splice(this.#due.indexOf(first), 1);
      this.#nowMs = first.atMs;
      first.act();
    }
    this.#nowMs = untilMs;
  }

  /** Does it in the process once it runs; never in a dead one. */
  within(nerves: Nerves, atMs: number, act: () => void): void {
    this.at(atMs, () => {
      if (nerves.isDead) return;
      if (nerves.stoppedUntilMs > this.#nowMs) this.within(nerves, nerves.stoppedUntilMs, act);
      else act();
    });
  }

  /** @param rate 1.01: this clock is fast by a hundredth */
  clockOf(nerves: Nerves, rate: number, offsetMs: number): ElapsedClock {
    return {
      now: () => offsetMs + this.#nowMs * rate,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
          this.within(nerves, this.#nowMs + Math.max(1, Math.ceil(ms)) / rate, () => resolve());
        }),
    };
  }

  /** Asks the store over a network; `delayMs` there and back. */
  ask<T>(nerves: Nerves, act: () => Promise<T>, delayMs: () => number): Promise<T> {
    return new Promise((resolve, reject) => {
      const slow = (): number => delayMs() * (nerves.slowUntilMs > this.#nowMs ? 100 : 1);
      const answer = (deliver: () => void): void => {
        if (nerves.muteUntilMs > this.#nowMs || nerves.cutUntilMs > this.#nowMs) return;
        this.within(nerves, this.#nowMs + slow() + nerves.answerDelayMs, deliver);
      };
      if (nerves.cutUntilMs > this.#nowMs) {
        this.within(nerves, this.#nowMs + slow(), () => reject(new Error('out of reach')));
        return;
      }
      this.at(this.#nowMs + slow(), () => {
        act().then(
          (value) => answer(() => resolve(value)),
          (error) => answer(() => reject(error)),
        );
      });
    });
  }
}
