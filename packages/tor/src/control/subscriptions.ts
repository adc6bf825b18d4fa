// Who wants which events, and keeping tor's one list of them (SETEVENTS) in step. control-spec §3.4.
import { TorError } from '../error.ts';
import { abortError, onGiveUp } from './abort.ts';
import type { TorEvent } from './event/event.ts';
import { EventQueue } from './event-queue.ts';

export interface SubscribeOptions {
  /** Ends the iteration with an error when it fires. */
  signal?: AbortSignal | undefined;
  /** So many events may wait to be taken before the iteration fails with `control-events-overflow`. Default 65,536. */
  maxQueued?: number | undefined;
}

/** Events as they come, until `return` (a `break` out of `for await`), the signal, or the end of the connection. */
export interface EventStream<E extends TorEvent> extends AsyncIterableIterator<E, undefined>, AsyncDisposable {
  /** Resolves when tor sends these events. Rejects when it will not; the iteration fails with the same error. */
  readonly ready: Promise<void>;
}

/** Sends SETEVENTS with exactly these names. */
export type SetEvents = (names: readonly string[]) => Promise<void>;

interface Subscriber {
  readonly names: ReadonlySet<string>;
  readonly queue: EventQueue<TorEvent>;
}

export class Subscriptions {
  readonly #setEvents: SetEvents;
  readonly #subscribers = new Set<Subscriber>();
  #baseline: ReadonlySet<string> = new Set();
  /** Names that this tor has refused, and its words. */
  readonly #unknown = new Map<string, unknown>();
  /** The last list that tor has taken. */
  #inForce: ReadonlySet<string> = new Set();
  /** The last list that was sent, or the one in force when tor refused that; no names when it is not known what is. */
  #sent: { names: ReadonlySet<string> | undefined; done: Promise<void> } = {
    names: new Set(),
    done: Promise.resolve(),
  };
  #closed: { error: TorError | undefined } | undefined;

  constructor(setEvents: SetEvents) {
    this.#setEvents = setEvents;
  }

  /** SETEVENTS goes out before this returns, so that the effects of commands sent afterwards are seen. */
  subscribe(names: readonly string[], options: SubscribeOptions): EventStream<TorEvent> {
    const what = `events ${names.join(', ')}`;
    let stopWaiting = () => {};
    const queue = new EventQueue<TorEvent>({
      limit: options.maxQueued ?? 65_536,
      onOverflow: () => overflow(what),
      onEnd: () => {
        stopWaiting();
        this.#leave(subscriber);
      },
    });
    const subscriber: Subscriber = { names: new Set(names), queue };
    if (this.#closed !== undefined) {
      if (this.#closed.error === undefined) queue.end();
      else queue.fail(this.#closed.error);
      return stream(queue, Promise.resolve());
    }
    if (options.signal?.aborted) {
      queue.fail(abortError(what, options.signal));
      return stream(queue, Promise.resolve());
    }
    stopWaiting = onGiveUp(what, { signal: options.signal }, (error) => queue.fail(error));
    this.#subscribers.add(subscriber);
    const ready = this.#join(subscriber.names);
    ready.catch((error: unknown) => queue.fail(error));
    return stream(queue, ready);
  }

  /** Events that tor is to send whoever listens. */
  async setBaseline(names: readonly string[]): Promise<void> {
    const before = this.#baseline;
    this.#baseline = new Set(names);
    try {
      await this.#join(this.#baseline);
    } catch (error) {
      this.#baseline = before;
      throw error;
    }
  }

  /** @returns whether someone took it */
  dispatch(name: string, event: TorEvent): boolean {
    let taken = false;
    // Over a copy: an overflow takes its subscriber out.
    for (const { names, queue } of [...this.#subscribers]) {
      if (names.size > 0 && !names.has(name)) continue;
      taken = true;
      queue.push(event);
    }
    return taken;
  }

  close(error: TorError | undefined): void {
    this.#closed = { error };
    for (const { queue } of [...this.#subscribers]) {
      if (error === undefined) queue.end();
      else queue.fail(error);
    }
  }

  #leave(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber) || this.#closed !== undefined) return;
    // Nobody waits for it. It can fail only with the connection, which everyone hears of otherwise.
    this.#sync().catch(() => {});
  }

  /** Brings `wanted` into force together with everything else that is wanted. */
  async #join(wanted: ReadonlySet<string>): Promise<void> {
    for (;;) {
      for (const name of wanted) if (this.#unknown.has(name)) throw this.#unknown.get(name);
      const unknownBefore = this.#unknown.size;
      try {
        await this.#sync();
        return;
      } catch (error) {
        // Tor refuses the whole list for one name it does not know, and says which. If that was
        // another subscriber's, the list without it may do.
        if (this.#unknown.size === unknownBefore) throw error;
      }
    }
  }

  #wanted(): Set<string> {
    const names = new Set(this.#baseline);
    for (const subscriber of this.#subscribers) for (const name of subscriber.names) names.add(name);
    for (const name of this.#unknown.keys()) names.delete(name);
    return names;
  }

  #sync(): Promise<void> {
    const names = this.#wanted();
    if (this.#sent.names !== undefined && sameNames(names, this.#sent.names)) return this.#sent.done;
    const sent = { names, done: this.#setEvents([...names]) };
    this.#sent = sent;
    sent.done.then(
      () => {
        this.#inForce = names;
      },
      (error: unknown) => {
        const refused = error instanceof TorError && error.kind === 'refused';
        const unknown = refused ? /event[^"]*"([^"]+)"/i.exec(error.message)?.[1] : undefined;
        if (unknown !== undefined) this.#unknown.set(unknown, error);
        // Refused, the list that was in force still is; unanswered in time, tor may yet take it.
        // If another was sent meanwhile, that one counts.
        if (this.#sent === sent) {
          this.#sent = { names: refused ? this.#inForce : undefined, done: Promise.resolve() };
        }
      },
    );
    return sent.done;
  }
}

function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}

function stream(queue: EventQueue<TorEvent>, ready: Promise<void>): EventStream<TorEvent> {
  return Object.assign(queue, { ready });
}

function overflow(what: string): TorError {
  return new TorError(`${what}: more have come than were taken`, {
    kind: 'failed',
    code: 'control-events-overflow',
    place: 'local',
    hint: 'take them faster, ask for fewer, or allow more to wait',
  });
}
