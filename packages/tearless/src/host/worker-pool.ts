// The workers of one host: at most so many at once, kept for the next call, replaced when another kind is needed.
import { HostError } from './host-error.ts';
import { Limiter } from './limiter.ts';
import type { Worker } from './worker.ts';

/**
 * Together with streams and the connection's own command this stays below sshd's MaxSessions (10): sshd frees a session only a
 * moment after its client has gone.
 */
export const workersAtOnce = 4;

export class WorkerPool<Kind extends string> {
  readonly #start: (kind: Kind, stop: AbortSignal) => Promise<Worker>;
  readonly #places = new Limiter(workersAtOnce);
  #idle: { readonly kind: Kind; readonly worker: Worker }[] = [];

  constructor(start: (kind: Kind, stop: AbortSignal) => Promise<Worker>) {
    this.#start = start;
  }

  /** Waits for a place, does the work with a worker of that kind, and keeps it for the next. */
  async with<T>(kind: Kind, stop: AbortSignal, work: (worker: Worker) => Promise<T>): Promise<T> {
    const release = await this.#places.acquire(stop);
    try {
      const worker = await this.#take(kind, stop);
      try {
        return await work(worker);
      } catch (error) {
        // The idle ones have lost their connection with this one, although it may not show yet.
        if (error instanceof HostError && error.kind === 'unreachable') this.#dropIdle();
        throw error;
      } finally {
        if (worker.usable) this.#idle.push({ kind, worker });
      }
    } finally {
      release();
    }
  }

  #dropIdle(): void {
    for (const { worker } of this.#idle.splice(0)) worker.kill();
  }

  /** A place is ours, so idle workers and busy ones together are fewer than the limit, or an idle one can go. */
  async #take(kind: Kind, stop: AbortSignal): Promise<Worker> {
    this.#idle = this.#idle.filter(({ worker }) => worker.usable);
    const at = this.#idle.findLastIndex((entry) => entry.kind === kind);
    const [found] = at === -1 ? [] : this.#idle.splice(at, 1);
    if (found !== undefined) return found.worker;
    if (this.#idle.length + this.#places.running > workersAtOnce) this.#idle.shift()?.worker.kill();
    return this.#start(kind, stop);
  }
}
