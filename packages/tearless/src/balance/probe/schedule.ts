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

export const defaultProbeRules: ProbeRules = {
  everyMs: 60_000,
  jitter: 0.5,
  burst: 2,
  urgentGapMs: 5_000,
  mostPerMinute: 120,
  mostAtOnce: 4,
};

/** A test network lives through its time periods in minutes. */
export const testNetworkProbeRules: ProbeRules = {
  ...defaultProbeRules,
  everyMs: 5_000,
  urgentGapMs: 1_000,
  mostPerMinute: 600,
  mostAtOnce: 8,
};

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
  readonly isRunning: boolean;
}

export interface ProbeTimes {
  readonly workers: ReadonlyMap<string, WorkerTimes>;
  readonly all: TokenBucket | null;
}

export interface ProbePlan {
  readonly times: ProbeTimes;
  /** Keys of those whose probe starts now. */
  readonly start: readonly string[];
  /** When something is due next without news; null: never. */
  readonly nextMs: number | null;
}

export const noProbes: ProbeTimes = { workers: new Map(), all: null };

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
  const workers = new Map(
    wishes.map(({ key }) => [key, times.workers.get(key) ?? meet(nowMs, uniform, rules)] as const),
  );
  const dueOf = ({ key, isUrgent }: ProbeWish): number => {
    const worker = workers.get(key);
    if (worker === undefined || worker.isRunning) return Number.POSITIVE_INFINITY;
    return isUrgent ? Math.min(worker.dueMs, urgentDue(worker, nowMs, rules)) : worker.dueMs;
  };
  const waiting = wishes
    .map((wish) => ({ ...wish, dueMs: dueOf(wish) }))
    .sort((a, b) => Number(b.isUrgent) - Number(a.isUrgent) || a.dueMs - b.dueMs);
  const start: string[] = [];
  let running = [...workers.values()].filter(({ isRunning }) => isRunning).length;
  let all = fillBucket(times.all ?? fullBucket(ofAll(rules), nowMs), ofAll(rules), nowMs);
  for (const { key, dueMs } of waiting) {
    const worker = workers.get(key);
    if (worker === undefined || dueMs > nowMs) continue;
    if (running >= rules.mostAtOnce || waitForToken(all, ofAll(rules)) > 0) break;
    all = takeToken(all);
    running += 1;
    start.push(key);
    workers.set(key, {
      saved: takeToken(fillBucket(worker.saved, ofWorker(rules), nowMs)),
      startedMs: nowMs,
      dueMs: nowMs + rules.everyMs * (1 + rules.jitter * uniform()),
      isRunning: true,
    });
  }
  const allFreeMs = nowMs + waitForToken(all, ofAll(rules));
  // While all places are taken, the end of a probe is the news that is waited for.
  const rest = running >= rules.mostAtOnce ? [] : waiting.filter(({ key }) => !start.includes(key));
  const nextMs = rest.reduce(
    (least, { dueMs }) => Math.min(least, Math.max(dueMs, allFreeMs)),
    Number.POSITIVE_INFINITY,
  );
  return { times: { workers, all }, start, nextMs: Number.isFinite(nextMs) ? nextMs : null };
};

/** Notes that the probe of a worker has ended. */
export const endProbe = ({ workers, all }: ProbeTimes, key: string): ProbeTimes => {
  const worker = workers.get(key);
  return worker === undefined
    ? { workers, all }
    : { workers: new Map(workers).set(key, { ...worker, isRunning: false }), all };
};

/** Those that are met together are not probed together, unless it is urgent. */
const meet = (nowMs: number, uniform: () => number, rules: ProbeRules): WorkerTimes => ({
  saved: fullBucket(ofWorker(rules), nowMs),
  startedMs: null,
  dueMs: nowMs + rules.everyMs * uniform(),
  isRunning: false,
});

const urgentDue = ({ saved, startedMs }: WorkerTimes, nowMs: number, rules: ProbeRules): number => {
  const savedMs = nowMs + waitForToken(fillBucket(saved, ofWorker(rules), nowMs), ofWorker(rules));
  return startedMs === null ? savedMs : Math.max(savedMs, startedMs + rules.urgentGapMs);
};
