// The traffic oracle: continuous requests and long downloads through a private network, every request and its outcome
// recorded. It restarts nothing itself; who does tells it. Which tor clients it uses and how is start-oracle.ts.
import { setMaxListeners } from 'node:events';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { answerWithinMs, isDecided, judge, type TrafficForm, type TrafficKind } from './outcome.ts';
import { fleetOf, isDuring, recordAttempt, type TrafficRecord } from './record.ts';
import { type RestartWindow, restartingBetween } from './restart-windows.ts';
import type { Route, RouteAttempt } from './route.ts';
import { summarize, type TrafficSummary } from './summary.ts';

export type OracleLoad = {
  /** Requests per second, half of them to onion services and half through exits. */
  ratePerSecond: number;
  /** Downloads held open at a time, of each kind. */
  downloads: number;
  downloadSeconds: number;
};

/** A small page, and a stream slow enough to be open for its whole time. */
const requestBytes = 4096;
const downloadBytesPerSecond = 16 * 1024;
/** A page that is not there after this time is asked for again on another circuit, as a person would. */
const attemptMs = 10_000;
/** Between attempts: twice as long each time, so that many who wait do not keep each other waiting. */
const firstPauseMs = 250;
const longestPauseMs = 4000;
const mostInFlight = 100;

export class Oracle {
  readonly #fleet: ReadonlySet<string>;
  readonly #windows: RestartWindow[] = [];
  readonly #records: TrafficRecord[] = [];
  readonly #listeners = new Set<(record: TrafficRecord) => void>();
  readonly #routes: Record<TrafficKind, readonly Route[]>;
  readonly #close: () => Promise<void>;
  readonly #catchUp: (() => Promise<void>) | undefined;
  readonly #file: WriteStream | undefined;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #abandoning = new AbortController();
  readonly #downloads: Promise<void>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #number = 0;
  #skipped = 0;
  #stopped: Promise<TrafficSummary> | undefined;

  constructor(options: {
    fleet: ReadonlySet<string>;
    routes: Record<TrafficKind, readonly Route[]>;
    close: () => Promise<void>;
    recordsFile?: string;
    /** Resolves when every restart that was planned until now has been told; awaited before a cut is judged. */
    catchUp?: () => Promise<void>;
  }) {
    this.#fleet = options.fleet;
    this.#routes = options.routes;
    this.#close = options.close;
    this.#catchUp = options.catchUp;
    if (options.recordsFile !== undefined) {
      mkdirSync(dirname(options.recordsFile), { recursive: true });
      this.#file = createWriteStream(options.recordsFile, { flags: 'a', mode: 0o600 });
    }
  }

  /** Begins to send. */
  run({ ratePerSecond, downloads, downloadSeconds }: OracleLoad): void {
    setMaxListeners(0, this.#stopping.signal, this.#abandoning.signal);
    const kinds: TrafficKind[] = ['onion', 'exit'];
    let turn = 0;
    this.#timer = setInterval(() => {
      const kind = kinds[turn++ % 2] ?? 'exit';
      if (this.#inFlight.size >= mostInFlight) this.#skipped += 1;
      else this.#track(this.#send('request', kind, requestBytes, 0));
    }, 1000 / ratePerSecond);
    for (const kind of kinds) {
      for (let index = 0; index < downloads; index++)
        this.#downloads.push(this.#keepDownloading(kind, downloadSeconds));
    }
  }

  /** Says that a relay is restarted on purpose from now on, or from a moment given. */
  restarting(fingerprint: string, { fromMs = Date.now(), toMs }: { fromMs?: number; toMs?: number } = {}): void {
    this.#windows.push({ fingerprint, fromMs, ...(toMs === undefined ? {} : { toMs }) });
  }

  /** Says that the restart of a relay is over: it is as good as any other from now on. */
  restarted(fingerprint: string, atMs = Date.now()): void {
    for (const window of this.#windows) if (window.fingerprint === fingerprint) window.toMs ??= atMs;
  }

  /** Calls `listener` with every record from now on. @returns what ends that */
  on(listener: (record: TrafficRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get records(): readonly TrafficRecord[] {
    return this.#records;
  }

  get windows(): readonly RestartWindow[] {
    return this.#windows;
  }

  /** Requests (not downloads) that were under way at some time between two moments, and that count. */
  requestsDuring({ fromMs, toMs = Date.now() }: { fromMs: number; toMs?: number }): TrafficRecord[] {
    return this.#records.filter(
      (record) => record.form === 'request' && record.outcome !== 'not-counted' && isDuring(record, fromMs, toMs),
    );
  }

  /** Over all that has ended so far; requests that were not sent because too many were waiting are in `skipped`. */
  summary(): TrafficSummary & { skipped: number } {
    return { ...summarize(this.#records), skipped: this.#skipped };
  }

  /**
   * Sends no more, ends the downloads, waits for the answers of requests under way (at most 60 s) and lets the clients go.
   * @param abandon does not wait for those answers; their requests count as stopped
   */
  stop({ abandon = false }: { abandon?: boolean } = {}): Promise<TrafficSummary> {
    if (abandon) this.#abandoning.abort();
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<TrafficSummary> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await Promise.all([...this.#inFlight, ...this.#downloads]);
    await this.#close();
    await new Promise<void>((resolve) => (this.#file === undefined ? resolve() : this.#file.end(resolve)));
    return this.summary();
  }

  #track(work: Promise<void>): void {
    this.#inFlight.add(work);
    void work.finally(() => this.#inFlight.delete(work));
  }

  async #keepDownloading(kind: TrafficKind, seconds: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startedMs = performance.now();
      await this.#send('download', kind, seconds * downloadBytesPerSecond, downloadBytesPerSecond);
      // One that ends at once must not become a busy loop.
      if (performance.now() - startedMs < firstPauseMs) await delay(firstPauseMs);
    }
  }

  /** Sends one request and records what became of it; never rejects. */
  async #send(form: TrafficForm, kind: TrafficKind, totalBytes: number, bytesPerSecond: number): Promise<void> {
    const number = ++this.#number;
    const id = `${kind}-${form}-${number}`;
    const routes = this.#routes[kind];
    const route = routes[number % routes.length];
    if (route === undefined) throw new TypeError(`no route for ${kind}`);
    const startMs = Date.now();
    const answerBy = AbortSignal.timeout(answerWithinMs);
    // A download ends with the oracle; a request that is under way then still gets its answer, unless it is abandoned.
    const stopping = form === 'download' ? this.#stopping.signal : this.#abandoning.signal;
    const connectBy = AbortSignal.any([answerBy, stopping]);
    const signal = form === 'download' ? stopping : connectBy;
    const attempts: RouteAttempt[] = [];
    const avoid = new Set<string>();
    for (;;) {
      const name = `${id}.${attempts.length + 1}`;
      const attempt = await route.attempt({
        name,
        totalBytes,
        bytesPerSecond,
        connectSignal: AbortSignal.any([connectBy, AbortSignal.timeout(attemptMs)]),
        signal,
        silenceMs: form === 'download' ? answerWithinMs : attemptMs,
        avoid,
      });
      attempts.push(attempt);
      if (attempt.failedHop !== undefined) avoid.add(attempt.failedHop);
      if (attempt.events.some(({ event }) => event === 'stream-cut')) await this.#catchUp?.();
      if (isDecided(form, attempt, this.#windows)) break;
      if (connectBy.aborted) break;
      await this.#pause(Math.min(longestPauseMs, firstPauseMs * 2 ** (attempts.length - 1)), connectBy);
    }
    const endMs = Date.now();
    const last = attempts.at(-1);
    const traces = attempts.map((attempt) =>
      attempt === last && stopping.aborted
        ? { ...attempt, events: [...attempt.events, { atMs: endMs, event: 'stopped' as const }] }
        : attempt,
    );
    const verdict = judge({ form, startedMs: startMs, attempts: traces }, this.#windows, this.#fleet);
    this.#record({
      schema: 'tearless.lab-traffic/v1',
      id,
      form,
      kind,
      startMs,
      endMs,
      ...verdict,
      attempts: traces.map(recordAttempt),
      fleetRelays: fleetOf(traces, this.#fleet),
      restarting: restartingBetween(this.#windows, startMs, endMs),
      receivedBytes: last?.receivedBytes ?? 0,
    });
  }

  /** Waits, but not past the end of what is waited with. */
  async #pause(pauseMs: number, signal: AbortSignal): Promise<void> {
    try {
      await delay(pauseMs, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #record(record: TrafficRecord): void {
    this.#records.push(record);
    this.#file?.write(`${JSON.stringify(record)}\n`);
    for (const listener of this.#listeners) listener(record);
  }
}
