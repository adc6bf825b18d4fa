// Which workers' directories are to be looked at, and when. A worker whose helper speaks is not looked at: its word is faster,
// and guards see less.
import type { Random } from '../../stats/random/random.ts';
import type { WorkerMemory } from '../health/memory.ts';
import type { Timings } from './timings.ts';
import type { WorkerRecord } from './worker-record.ts';

export class Looks {
  /** By id of the worker. */
  readonly #dueMs = new Map<string, number>();
  readonly #running = new Set<string>();
  readonly #beganMs: number;
  readonly #random: Random;
  #period: number | undefined;

  constructor(nowMs: number, random: Random) {
    this.#beganMs = nowMs;
    this.#random = random;
  }

  /** Another period: what was learnt is of the one before. */
  enterPeriod(period: number): void {
    if (this.#period !== period) this.#dueMs.clear();
    this.#period = period;
  }

  /** When it is due, or undefined while its helper speaks. */
  dueMs({ worker }: WorkerRecord, health: WorkerMemory | undefined, timings: Timings): number | undefined {
    if (this.#running.has(worker.id)) return undefined;
    const dueMs = this.#dueMs.get(worker.id) ?? 0;
    if (worker.helper === undefined) return dueMs;
    const helper = health?.helper ?? null;
    if (helper !== null && helper.lostMs === null) return undefined;
    return Math.max(dueMs, (helper?.lostMs ?? this.#beganMs) + timings.helperGraceMs);
  }

  begin(worker: string): void {
    this.#running.add(worker);
  }

  /** @param isFruitless nothing was found, so that the next look may wait longer */
  end(worker: string, nowMs: number, timings: Timings, isFruitless: boolean): void {
    this.#running.delete(worker);
    const factor = (isFruitless ? 2 : 1) * (0.8 + 0.4 * this.#random.uniform());
    this.#dueMs.set(worker, nowMs + timings.pollMs * factor);
  }
}
