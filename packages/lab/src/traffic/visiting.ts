// A continuous stream of new connections to one onion address by several visitors, every visit recorded: each visitor comes
// fresh, then again and again with what it knows, then forgets.
import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from './summary.ts';
import type { Visit, Visitor } from './visitor.ts';

export type VisitingOptions = {
  visitors: readonly Pick<Visitor, 'visit' | 'forget'>[];
  address: string;
  /** Between the starts of two visits of one visitor; a slow one is waited for. */
  everyMs: number;
  /** A visitor forgets what it knows after so long; tor lets it do so once in ten seconds. */
  memoryMs: number;
  onVisit?: (visit: Visit) => void;
};

export type Visiting = {
  readonly visits: readonly Visit[];
  /** Resolves when every visitor has come once more knowing nothing, in a visit that began after this call; rejects when visits end before. */
  untilAllFresh(): Promise<void>;
  /** Begins no more visits, waits for those under way. */
  stop(): Promise<readonly Visit[]>;
};

export const startVisiting = (options: VisitingOptions): Visiting => {
  const { visitors, address, everyMs, memoryMs, onVisit } = options;
  const visits: Visit[] = [];
  const waiting = new Set<() => void>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal }).catch(() => {}); // the loops look at the signal
  const keepVisiting = async (visitor: Pick<Visitor, 'visit' | 'forget'>, index: number): Promise<void> => {
    await pause((everyMs * index) / visitors.length);
    let forgotMs = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const startedMs = performance.now();
      if (startedMs - forgotMs >= memoryMs) {
        await visitor.forget();
        forgotMs = performance.now();
      }
      if (signal.aborted) return;
      const visit = await visitor.visit(address);
      visits.push(visit);
      onVisit?.(visit);
      for (const look of waiting) look();
      await pause(Math.max(0, everyMs - (performance.now() - startedMs)));
    }
  };
  const loops = Promise.all(visitors.map(keepVisiting));
  loops.catch(() => stopping.abort()); // whoever stops it gets the error
  return {
    visits,
    async untilAllFresh() {
      const fromMs = Date.now();
      const came = (): boolean =>
        new Set(visits.flatMap(({ visitor, isFresh, startMs }) => (isFresh && startMs >= fromMs ? [visitor] : [])))
          .size === visitors.length;
      const all = Promise.withResolvers<void>();
      const look = (): void => {
        if (came()) all.resolve();
      };
      waiting.add(look);
      const ended = loops.then(() => {
        throw new Error('the visits ended before every visitor had come once more');
      });
      await Promise.race([all.promise, ended]).finally(() => waiting.delete(look));
    },
    async stop() {
      stopping.abort();
      await loops;
      return visits;
    },
  };
};

export type VisitTimes = { count: number; p50Ms: number; p99Ms: number; maxMs: number };

/** How long visits took that were answered; null without any. */
export const timesOf = (visits: readonly Visit[]): VisitTimes | null => {
  const times = visits
    .filter(({ outcome }) => outcome === 'ok')
    .map(({ startMs, endMs }) => endMs - startMs)
    .sort((a, b) => a - b);
  if (times.length === 0) return null;
  const [p50Ms = 0, p99Ms = 0, maxMs = 0] = [50, 99, 100].map((percent) => percentile(times, percent));
  return { count: times.length, p50Ms, p99Ms, maxMs };
};

/** Visits by who answered. */
export const countAnswers = (visits: readonly Visit[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { answer } of visits) if (answer !== undefined) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return counts;
};

/** Attempts that began after a moment and found nobody. */
export const failuresAfter = (visits: readonly Visit[], atMs: number): Visit['attempts'] =>
  visits
    .flatMap(({ attempts }) => attempts)
    .filter(({ startMs, reason }) => reason !== undefined && startMs >= atMs)
    .sort((a, b) => a.startMs - b.startMs);
