// Events as they come, and waiting for one of them.

/** Tests run side by side on few cores. */
const waitMs = 300_000;

export class EventWatch<Event> {
  readonly events: Event[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #explain: () => string;
  #isOver = false;

  /** @param explain what else was said, for a wait that was in vain */
  constructor(explain: () => string = () => '') {
    this.#explain = explain;
  }

  tell(event: Event): void {
    this.events.push(event);
    this.#wakeAll();
  }

  /** No more will come. */
  end(): void {
    this.#isOver = true;
    this.#wakeAll();
  }

  /** The first event that fits, also one that came already. @throws Error when none can come, or five minutes have passed */
  until(fits: (event: Event) => boolean): Promise<Event> {
    return this.#find(fits, 0);
  }

  /** The first event that fits and comes after this call. */
  next(fits: (event: Event) => boolean): Promise<Event> {
    return this.#find(fits, this.events.length);
  }

  /** Asks of each event once: to answer may take a process of its own. */
  async #find(fits: (event: Event) => boolean, from: number): Promise<Event> {
    const deadlineMs = Date.now() + waitMs;
    const told = () => `${this.#explain()}\n${this.events.map((event) => JSON.stringify(event)).join('\n')}`;
    for (let index = from; ; ) {
      for (; index < this.events.length; index++) {
        const event = this.events[index];
        if (event !== undefined && fits(event)) return event;
      }
      if (this.#isOver) throw new Error(`it ended without that event\n${told()}`);
      const restMs = deadlineMs - Date.now();
      if (restMs <= 0) throw new Error(`no such event within ${waitMs / 1000} s\n${told()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
