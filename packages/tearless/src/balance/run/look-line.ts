// Looks that are due and have not begun. After a start there are thousands, and one that has begun holds twenty times what one
// that waits here does; so a few go on at a time.

export class LookLine {
  readonly #most: number;
  readonly #signal: AbortSignal;
  /** In the order in which they came. */
  readonly #waiting = new Set<DueLook>();
  #running = 0;

  /** @param signal of the connection: what has not begun when it fires never does */
  constructor(most: number, signal: AbortSignal) {
    this.#most = most;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#serve(), { once: true });
  }

  add(look: DueLook): void {
    this.#waiting.add(look);
    this.#serve();
  }

  #serve(): void {
    for (const look of this.#waiting) {
      if (this.#running >= this.#most && !this.#signal.aborted) return;
      this.#waiting.delete(look);
      if (this.#signal.aborted) look.dismiss();
      else void this.#run(look);
    }
  }

  async #run(look: DueLook): Promise<void> {
    this.#running += 1;
    await look.begin();
    this.#running -= 1;
    this.#serve();
  }
}

export interface DueLook {
  /** Never rejects. */
  begin(): Promise<void>;
  /** It does not come to it. */
  dismiss(): void;
}
