// When what is known of a worker is to be written down: at once where it matters after a restart, else now and then.

/** What changes all the time without changing anything is written down now and then. */
const saveEveryMs = 10 * 60_000;

export class SaveTimes {
  /** By id of the worker. */
  readonly #savedMs = new Map<string, number>();
  /** By id: what is to be written down, and from when on. */
  readonly #dueMs = new Map<string, number>();

  note(worker: string, everyMs = saveEveryMs): void {
    const fromMs = (this.#savedMs.get(worker) ?? -everyMs) + everyMs;
    this.#dueMs.set(worker, Math.min(fromMs, this.#dueMs.get(worker) ?? fromMs));
  }

  noteNow(worker: string): void {
    this.#dueMs.set(worker, 0);
  }

  /** Ids of those that are to be written down; asking for them marks them as written. */
  take(nowMs: number): string[] {
    const due = [...this.#dueMs].flatMap(([worker, fromMs]) => (fromMs <= nowMs ? [worker] : []));
    for (const worker of due) {
      this.#dueMs.delete(worker);
      this.#savedMs.set(worker, nowMs);
    }
    return due;
  }
}
