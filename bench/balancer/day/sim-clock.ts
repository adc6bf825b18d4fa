// A clock that goes on to the next moment at which somebody wants to be woken, as soon as nothing is left to do at this one.
import type { Clock } from 'tearless/base/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly turn: number;
  isOver: boolean;
  readonly wake: () => void;
}

const isBefore = (a: Sleeper, b: Sleeper): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn);

export class SimClock implements Clock {
  #nowMs: number;
  #turn = 0;
  /** A binary heap, the next one first. */
  readonly #heap: Sleeper[] = [];

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const stop = (): void => {
        sleeper.isOver = true;
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.#nowMs + Math.max(0, ms), turn: this.#turn++, isOver: false, wake };
      signal?.addEventListener('abort', stop, { once: true });
      this.#push(sleeper);
    });
  }

  /** Goes on to the next moment, but not beyond the end. @returns false at the end */
  advance(endMs: number): boolean {
    for (;;) {
      const [next] = this.#heap;
      if (next === undefined || next.atMs > endMs) {
        this.#nowMs = endMs;
        return false;
      }
      this.#pop();
      if (next.isOver) continue;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      return true;
    }
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#heap;
    let at = heap.push(sleeper) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBefore(sleeper, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = sleeper;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
  }
}
