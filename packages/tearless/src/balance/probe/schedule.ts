// When which worker is probed. Pure: the time and a random number come in, those to start come out. Each worker has a probe a
// minute on average at most; one that somebody doubts is asked at once, out of what it has saved up.
import {
  type BucketRules,
  fillBucket,
  fullBucket,
  type TokenBucket,
  takeToken,
  waitForToken,
} from '../circuits/token-bucket.ts';

export interface ProbeRules {
  /** Least time between two probes of a worker, on average. */
  readonly everyMs: number;
  /** Each regular probe comes up to this share of `everyMs` later, at random. */
  readonly jitter: number;
  /** Probes of a worker that may follow each other faster, when somebody doubts it; saved up one each `everyMs`. */
  readonly burst: number;
  /** Between two of these. */
  readonly urgentGapMs: number;
  /** Of all workers of all frontends together. */
  readonly mostPerMinute: number;
  readonly mostAtOnce: number;
}

const usual = { everyMs: 60_000, jitter: 0.5, burst: 2, urgentGapMs: 5_000 } as const;
/** A test network lives through its time periods in minutes. */
const onTestNetwork = { ...usual, everyMs: 5_000, urgentGapMs: 1_000 } as const;

/**
 * Few workers need few circuits. With more than 600 there is not a probe a minute for each: that many circuits would be a burden
 * for the guards.
 */
export const probeRulesFor = (workers: number, { isTestNetwork }: { readonly isTestNetwork: boolean }): ProbeRules => ({
  ...(isTestNetwork ? onTestNetwork : usual),
  mostPerMinute: isTestNetwork ? 600 : Math.min(600, Math.max(120, workers)),
  mostAtOnce: Math.min(32, Math.max(isTestNetwork ? 8 : 4, Math.ceil(workers / 20))),
});

/** A worker that is to be probed. */
export interface ProbeWish {
  /** Of the worker, among all. */
  readonly key: string;
  /** Somebody doubts what is known of it, or nothing is. */
  readonly isUrgent: boolean;
}

interface WorkerTimes {
  readonly saved: TokenBucket;
  /** Null: never. */
  readonly startedMs: number | null;
  /** When the next regular one is due. */
  readonly dueMs: number;
}

export interface ProbeTimes {
  readonly workers: ReadonlyMap<string, WorkerTimes>;
  /** Keys of those whose probe has not ended. */
  readonly running: ReadonlySet<string>;
  readonly all: TokenBucket | null;
}

export interface ProbePlan {
  readonly times: ProbeTimes;
  /** Keys of those whose probe starts now. */
  readonly start: readonly string[];
  /** When something is due next without news; null: never. */
  readonly nextMs: number | null;
}

export const noProbes: ProbeTimes = { workers: new Map(), running: new Set(), all: null };

const ofWorker = ({ everyMs, burst }: ProbeRules): BucketRules => ({ perSecond: 1000 / everyMs, most: burst });
const ofAll = ({ mostPerMinute, mostAtOnce }: ProbeRules): BucketRules => ({
  perSecond: mostPerMinute / 60,
  most: mostAtOnce,
});

/**
 * @param wishes all workers there are; others are forgotten
 * @param uniform gives a number from 0 (included) to 1 (excluded)
 */
export const planProbes = (
  times: ProbeTimes,
  wishes: readonly ProbeWish[],
  { nowMs, uniform }: { readonly nowMs: number; readonly uniform: () => number },
  rules: ProbeRules,
): ProbePlan => {
  let all = fillBucket(times.all ?? fullBucket(ofAll(rules), nowMs), ofAll(rules), nowMs);
  // With thousands of workers most calls end here. While all places are taken, the end of a probe is the news to wait for.
  if (times.running.size >= rules.mostAtOnce) return { times: { ...times, all }, start: [], nextMs: null };
  const freeMs = nowMs + waitForToken(all, ofAll(rules));
  if (freeMs > nowMs) return { times: { ...times, all }, start: [], nextMs: freeMs };
  const workers = new Map<string, WorkerTimes>();
  const due: (ProbeWish & { readonly dueMs: number })[] = [];
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { key, isUrgent } of wishes) {
    const worker = times.workers.get(key) ?? meet(nowMs, uniform, rules);
    workers.set(key, worker);
    if (times.running.has(key)) continue;
    const dueMs = isUrgent ? Math.min(worker.dueMs, urgentDue(worker, nowMs, rules)) : worker.dueMs;
    if (dueMs <= nowMs) due.push({ key, isUrgent, dueMs });
    else nextMs = Math.min(nextMs, dueMs);
  }
  const start: string[] = [];
  const running = new Set(times.running);
  for (const { key } of due.sort((a, b) => Number(b.isUrgent) - Number(a.isUrgent) || a.dueMs - b.dueMs)) {
    const worker = workers.get(key);
    if (worker === undefined || running.size >= rules.mostAtOnce || waitForToken(all, ofAll(rules)) > 0) break;
    all = takeToken(all);
    running.add(key);
    start.push(key);
    workers.set(key, {
      saved: takeToken(fillBucket(worker.saved, ofWorker(rules), nowMs)),
      startedMs: nowMs,
      dueMs: nowMs + rules.everyMs * (1 + rules.jitter * uniform()),
    });
  }
  if (start.length < due.length) nextMs = Math.min(nextMs, nowMs + waitForToken(all, ofAll(rules)));
  const isFull = running.size >= rules.mostAtOnce;
  return { times: { workers, running, all }, start, nextMs: isFull || !Number.isFinite(nextMs) ? null : nextMs };
};

/** Notes that the probe of a worker has ended. */
export const endProbe = (times: ProbeTimes, key: string): ProbeTimes => ({
  ...times,
  running: new Set([...times.running].filter((one) => one !== key)),
});

/** Those that are met together are not probed together, unless it is urgent. */
const meet = (nowMs: number, uniform: () => number, rules: ProbeRules): WorkerTimes => ({
  saved: fullBucket(ofWorker(rules), nowMs),
  startedMs: null,
  dueMs: nowMs + rules.everyMs * uniform(),
});

const urgentDue = ({ saved, startedMs }: WorkerTimes, nowMs: number, rules: ProbeRules): number => {
  const savedMs = nowMs + waitForToken(fillBucket(saved, ofWorker(rules), nowMs), ofWorker(rules));
  return startedMs === null ? savedMs : Math.max(savedMs, startedMs + rules.urgentGapMs);
};
