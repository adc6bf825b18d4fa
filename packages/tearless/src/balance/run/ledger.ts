// What the leader writes down. One with a lease goes on while the store is out of reach, until its lease ends: what could not be
// written waits for the store, unless another leads by then. Without a lease nothing is done that is not written down.
import type { Clock } from '../../base/clock.ts';
import type { Leader } from './leader.ts';
import { isStoreAway } from './passing.ts';

/** A store that says nothing for so long is out of reach. */
const silenceMs = 1_000;

export class Ledger {
  readonly #leader: Pick<Leader, 'hasLease' | 'mayPublish'>;
  readonly #clock: Clock;
  /** By name of what is written: the last version alone. */
  readonly #waiting = new Map<string, () => Promise<void>>();
  readonly #running = new Set<string>();
  /** It said nothing when it was asked last: the lease is too short to wait again. */
  #isSilent = false;

  constructor(leader: Pick<Leader, 'hasLease' | 'mayPublish'>, clock: Clock) {
    this.#leader = leader;
    this.#clock = clock;
  }

  /**
   * Of several writes of one name the last one counts, also when the store answers late.
   * @returns whether it is written; otherwise it waits
   * @throws StoreError without a lease, and what waiting does not cure
   */
  async write(name: string, write: () => Promise<void>): Promise<boolean> {
    if (!this.#leader.hasLease) {
      await write();
      return true;
    }
    this.#waiting.set(name, write);
    await this.#try(name);
    return !this.#waiting.has(name) && !this.#running.has(name);
  }

  /** @returns undefined when the store is out of reach. @throws as `write` */
  async read<T>(read: () => Promise<T>): Promise<T | undefined> {
    if (!this.#leader.hasLease) return read();
    return this.#unlessAway(read());
  }

  /** Writes what waits. @throws as `write` */
  async flush(): Promise<void> {
    for (const name of [...this.#waiting.keys()]) await this.#try(name);
  }

  /** Another may have written meanwhile. */
  forget(): void {
    this.#waiting.clear();
  }

  async #try(name: string): Promise<void> {
    const write = this.#waiting.get(name);
    if (write === undefined || this.#running.has(name) || !this.#leader.mayPublish()) return;
    this.#waiting.delete(name);
    this.#running.add(name);
    let isWritten = false;
    const writing = write()
      .then(() => {
        isWritten = true;
      })
      .finally(() => {
        this.#running.delete(name);
        if (!isWritten && !this.#waiting.has(name)) this.#waiting.set(name, write);
      });
    await this.#unlessAway(writing);
  }

  async #unlessAway<T>(answer: Promise<T>): Promise<T | undefined> {
    const waiting = new AbortController();
    const silence = this.#clock.sleep(this.#isSilent ? 0 : silenceMs, waiting.signal).then(
      () => {
        this.#isSilent = true;
        return undefined;
      },
      () => undefined, // the answer came
    );
    answer.then(
      () => {
        this.#isSilent = false;
      },
      () => {}, // told below, or too late to matter
    );
    try {
      return await Promise.race([answer, silence]);
    } catch (error) {
      if (!isStoreAway(error)) throw error;
      return undefined;
    } finally {
      waiting.abort();
    }
  }
}
