// A worker as the balancer remembers it: what was learnt of it last, and from whom. Whether it is in is the health pool's
// business.
import { TorError } from '@tearless/tor/error.ts';
import type { HealthPool } from '../health/pool.ts';
import { introPointsOf, type Learnt } from '../learn/learnt.ts';
import type { WorkerConfig } from '../model/frontend-config.ts';
import type { Worker, WorkerPoints, WorkerState } from '../model/worker.ts';
import type { WorkerDocument } from './documents.ts';

export interface WorkerRecord {
  readonly worker: WorkerConfig;
  readonly learnt: Learnt | undefined;
  readonly source: 'helper' | 'directory' | null;
  /** Why the last look found nothing better; empty when it did. */
  readonly problems: readonly string[];
  /** By period. */
  readonly counters: ReadonlyMap<number, bigint>;
  /** The counters when its tor went down: what directories hold of that process is of no use. */
  readonly outlived: ReadonlyMap<number, bigint>;
  /** What came and was not taken, by code of the error. */
  readonly refused: Readonly<Record<string, number>>;
}

/** One for all: there are ten thousand records. */
const none: ReadonlyMap<number, bigint> = new Map();

export const blankRecord = (worker: WorkerConfig): WorkerRecord => ({
  worker,
  learnt: undefined,
  source: null,
  problems: [],
  counters: none,
  outlived: none,
  refused: {},
});

/** Two are current; one more for the change from one to the next. */
const keptPeriods = 3;

/** Whether a descriptor is older than one that was known of the same period, which only someone who replays has. */
export const isReplayed = ({ counters }: WorkerRecord, { period, revisionCounter }: Learnt): boolean => {
  const highest = counters.get(period.number);
  return highest !== undefined && revisionCounter < highest;
};

/** Whether a descriptor is of a process of tor that has ended. */
export const isOutlived = ({ outlived }: WorkerRecord, { period, revisionCounter }: Learnt): boolean => {
  const last = outlived.get(period.number);
  return last !== undefined && revisionCounter <= last;
};

/**
 * Whether what is known has to stay although a helper hands over another descriptor: from the change of the time period
 * until that of the shared-random value, tor's own word is of the period before, and its points end with that change.
 * The descriptor at the directories is of the period that clients read, and its points live on. rend-spec-v3 §2.3.1
 */
export const outlasts = ({ learnt, source }: WorkerRecord, found: Learnt): boolean =>
  source === 'directory' && learnt !== undefined && learnt.period.number > found.period.number;

export const noteCounter = ({ counters }: WorkerRecord, { period, revisionCounter }: Learnt): Map<number, bigint> => {
  const noted = new Map(counters).set(period.number, revisionCounter);
  return new Map([...noted].sort(([a], [b]) => a - b).slice(-keptPeriods));
};

export const pointsOf = (
  { worker, learnt }: { readonly worker: Omit<Worker, 'state'>; readonly learnt: Learnt | undefined },
  state: WorkerState,
): WorkerPoints => ({
  worker: { id: worker.id, onionAddress: worker.onionAddress, weight: worker.weight, state },
  introPoints: learnt === undefined ? [] : introPointsOf(learnt),
  learntAtMs: learnt?.learntAtMs ?? 0,
  descriptorValidForMs: learnt === undefined ? 0 : learnt.validUntilMs - learnt.learntAtMs,
});

/** What a document says that was learnt of the worker, where it still holds. */
export const learntOf = ({ descriptor }: WorkerDocument, nowMs: number): Learnt | undefined => {
  if (descriptor === null || descriptor.validUntilMs <= nowMs) return undefined;
  const { points, periodNumber, lengthMinutes, revisionCounter, ...learnt } = descriptor;
  const packed = Buffer.from(points, 'base64').toString('latin1');
  const period = { number: periodNumber, lengthMinutes };
  const known = { ...learnt, points: packed, period, revisionCounter: BigInt(revisionCounter) };
  try {
    introPointsOf(known);
    return known;
  } catch (error) {
    // Another version wrote it in another way: it is learnt anew.
    if (error instanceof TorError || error instanceof RangeError) return undefined;
    throw error;
  }
};

/** What was known before a restart. */
export const recallWorker = (
  worker: WorkerConfig,
  document: WorkerDocument | undefined,
  nowMs: number,
): WorkerRecord => {
  if (document?.address !== worker.onionAddress) return blankRecord(worker);
  const { problems, source, counters, refused } = document;
  const highest = new Map(counters.map(({ period, counter }) => [period, BigInt(counter)]));
  return {
    worker,
    learnt: learntOf(document, nowMs),
    source,
    problems,
    counters: highest,
    outlived: none,
    refused,
  };
};

export const describeWorker = (record: WorkerRecord, health: HealthPool[string]): WorkerDocument => {
  const { worker, learnt, source, problems, counters, refused } = record;
  return {
    address: worker.onionAddress,
    weight: worker.weight,
    health: { ...health, failures: { ...health.failures } },
    problems: [...problems],
    descriptor:
      learnt === undefined
        ? null
        : {
            points: Buffer.from(learnt.points, 'latin1').toString('base64'),
            flowControl: learnt.flowControl === null ? null : { ...learnt.flowControl },
            isSingleOnionService: learnt.isSingleOnionService,
            periodNumber: learnt.period.number,
            lengthMinutes: learnt.period.lengthMinutes,
            revisionCounter: String(learnt.revisionCounter),
            learntAtMs: learnt.learntAtMs,
            validUntilMs: learnt.validUntilMs,
          },
    source,
    counters: [...counters].map(([period, counter]) => ({ period, counter: String(counter) })),
    refused: { ...refused },
  };
};
