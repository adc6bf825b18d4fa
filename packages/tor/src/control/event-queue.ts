// A queue between who pushes and who iterates. Bounded: who does not keep up gets an error, not silent gaps.
import type { TorError } from '../error.ts';

interface Waiter<T> {
  resolve: (result: IteratorResult<T, undefined>) => void;
  reject: (error: unknown) => void;
}

export interface EventQueueOptions {
  /** So many may wait to be taken. */
  limit: number;
  onOverflow: () => TorError;
  /** Called once, when iteration has ended for whatever reason. */
  onEnd: () => void;
}

/** Several `next` calls may be under way; what is pushed goes to them in order. */
export class EventQueue<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #options: EventQueueOptions;
  #items: T[] = [];
  /** Items before it have been handed out; cut off in bulk, since shifting one by one moves all the others. */
  #head = 0;
  #waiters: Waiter<T>[] = [];
  /** Set when nothing more comes; what is queued is still handed out first. */
  #end: { error: unknown } | 'done' | undefined;

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  push(item: T): void {
    if (this.#end !== undefined) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.resolve({ done: false, value: item });
    else if (this.#items.length - this.#head < this.#options.limit) this.#items.push(item);
    else this.fail(this.#options.onOverflow());
  }

  /** Nothing more comes, and that is as it should be. */
  end(): void {
    this.#finish('done');
  }

  /** Nothing more comes because of this; thrown once, after what is queued. */
  fail(error: unknown): void {
    this.#finish({ error });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#head < this.#items.length) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#end === undefined) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    const end = this.#end;
    this.#end = 'done';
    return end === 'done' ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(end.error);
  }

  /** Ends the iteration from the reader's side; what is queued is dropped. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#items = [];
    this.#head = 0;
    this.#finish('done');
    this.#end = 'done';
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #take(): T {
    const value = this.#items[this.#head] as T;
    this.#head++;
    if (this.#head === this.#items.length || this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return value;
  }

  #finish(end: { error: unknown } | 'done'): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const waiters = this.#waiters;
    this.#waiters = [];
    // One of them hears of the error, as one that iterates does; the others just end.
    waiters.forEach((waiter, at) => {
      if (at === 0 && end !== 'done') {
        this.#end = 'done';
        waiter.reject(end.error);
      } else {
        waiter.resolve({ done: true, value: undefined });
      }
    });
    this.#options.onEnd();
  }
}
