// Probes workers as the schedule has it, for as long as a connection to tor lasts. Whom to probe is told from outside, and may
// change at any time.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../stats/random/random.ts';
import type { ProbeResult, Prober, ProbeTarget } from '../model/prober.ts';
import { endProbe, noProbes, type ProbeRules, type ProbeTimes, type ProbeWish, planProbes } from './schedule.ts';

export interface ProbeWant extends ProbeWish {
  readonly target: ProbeTarget;
}

export interface ProbingOptions {
  readonly prober: Prober;
  readonly rules: ProbeRules;
  readonly clock: Clock;
  readonly random: Random;
  /** What a probe found. Asks for nothing: `want` may follow. */
  readonly hear: (key: string, result: ProbeResult, atMs: number) => void;
}

export class Probing {
  readonly #options: ProbingOptions;
  #wants: ReadonlyMap<string, ProbeWant> = new Map();
  #times: ProbeTimes = noProbes;
  #wake: () => void = () => {};

  constructor(options: ProbingOptions) {
    this.#options = options;
  }

  /** Takes the place of all earlier wants. A probe that runs goes on. */
  want(wants: readonly ProbeWant[]): void {
    this.#wants = new Map(wants.map((want) => [want.key, want]));
    this.#wake();
  }

  /** Until the signal fires; all probes have ended then. Rejects for what a prober must not do. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, rules } = this.#options;
    const running = new Set<Promise<void>>();
    const broken = new AbortController();
    const either = AbortSignal.any([signal, broken.signal]);
    while (!either.aborted) {
      const wishes = [...this.#wants.values()];
      const at = { nowMs: clock.now(), uniform: () => random.uniform() };
      const { times, start, nextMs } = planProbes(this.#times, wishes, at, rules);
      this.#times = times;
      for (const key of start) {
        const probe = this.#probe(key, either)
          .catch((error: unknown) => broken.abort(error))
          .finally(() => {
            running.delete(probe);
            this.#times = endProbe(this.#times, key);
            this.#wake();
          });
        running.add(probe);
      }
      await this.#pause(nextMs === null ? longestPauseMs : nextMs - at.nowMs, either);
    }
    await Promise.all(running);
    if (!signal.aborted) throw broken.signal.reason;
  }

  async #probe(key: string, signal: AbortSignal): Promise<void> {
    const want = this.#wants.get(key);
    if (want === undefined) return;
    const { prober, clock, hear } = this.#options;
    const result = await prober.probe(want.target, signal);
    hear(key, result, clock.now());
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const either = AbortSignal.any([signal, woken.signal]);
    await this.#options.clock.sleep(Math.min(longestPauseMs, Math.max(0, ms)), either).catch(() => {}); // run looks at the signal
  }
}

const longestPauseMs = 10 * 60_000;
