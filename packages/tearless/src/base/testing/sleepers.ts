// Those who sleep on a clock of tests, each until its time has come or its signal ends it.

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

export class Sleepers {
  readonly #sleepers = new Set<Sleeper>();

  get count(): number {
    return this.#sleepers.size;
  }

  /** When the first one wakes; undefined when nobody sleeps. */
  get firstMs(): number | undefined {
    return this.#sleepers.size === 0 ? undefined : Math.min(...[...this.#sleepers].map(({ wakeMs }) => wakeMs));
  }

  /** Resolves once `wakeUntil` has reached that moment. @throws the signal's reason */
  add(wakeMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper = {
        wakeMs,
        wake: () => {
          signal?.removeEventListener('abort', cancel);
          resolve();
        },
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Wakes the one whose time comes first, if anybody sleeps. */
  wakeFirst(): void {
    const [first] = [...this.#sleepers].sort((a, b) => a.wakeMs - b.wakeMs);
    if (first === undefined) return;
    this.#sleepers.delete(first);
    first.wake();
  }

  /** Wakes all whose time has come. */
  wakeUntil(nowMs: number): void {
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.wakeMs > nowMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
