// A worker as the balancer remembers it: its last good descriptor, and whether clients are to be sent there.

import { TorError } from '@tearless/tor/error.ts';
import type { CertificateMemory } from '@tearless/tor/hsdesc/certificate.ts';
import { decodeWorker, type LearnOutcome, type Learnt } from '../learn/learn-worker.ts';
import type { Worker, WorkerPoints } from '../model/worker.ts';
import type { WorkerDocument } from './documents.ts';

export interface WorkerRecord {
  readonly worker: Worker;
  readonly why: string;
  readonly learnt: Learnt | undefined;
  /** Looks in a row that found no good descriptor. */
  readonly misses: number;
}

/** A worker whose descriptor no directory had at so many looks in a row is out; its descriptor may be good for hours yet. */
const mostMisses = 3;

export const newWorker = (worker: Omit<Worker, 'state'>): WorkerRecord => ({
  worker: { ...worker, state: 'out' },
  why: 'its descriptor was not fetched yet',
  learnt: undefined,
  misses: 0,
});

/** What a look at its directories changes. */
export const takeOutcome = (record: WorkerRecord, { learnt, problems }: LearnOutcome, nowMs: number): WorkerRecord => {
  if (learnt !== undefined) {
    // A directory that lags behind does not take back what was learnt from another.
    const isOlder =
      record.learnt?.period.number === learnt.period.number && learnt.revisionCounter < record.learnt.revisionCounter;
    const newest = isOlder ? record.learnt : learnt;
    return { worker: { ...record.worker, state: 'in' }, why: 'its descriptor is good', learnt: newest, misses: 0 };
  }
  const misses = record.misses + 1;
  const isUsable = record.learnt !== undefined && record.learnt.validUntilMs > nowMs && misses < mostMisses;
  const why = problems.length === 0 ? 'no directory is known for it' : problems.join('; ');
  return {
    ...record,
    worker: { ...record.worker, state: isUsable ? 'in' : 'out' },
    why: isUsable ? `${why} (look ${misses} of ${mostMisses})` : why,
    misses,
  };
};

export const pointsOf = (records: Iterable<WorkerRecord>): WorkerPoints[] =>
  [...records].map(({ worker, learnt }) => ({
    worker,
    introPoints: learnt?.introPoints ?? [],
    learntAtMs: learnt?.learntAtMs ?? 0,
    descriptorValidForMs: learnt === undefined ? 0 : learnt.validUntilMs - learnt.learntAtMs,
  }));

export const toDocument = ({ worker, why, learnt }: WorkerRecord): WorkerDocument => ({
  address: worker.onionAddress,
  weight: worker.weight,
  state: worker.state,
  why,
  descriptor:
    learnt === undefined
      ? null
      : {
          text: learnt.text,
          periodNumber: learnt.period.number,
          lengthMinutes: learnt.period.lengthMinutes,
          learntAtMs: learnt.learntAtMs,
        },
  points: learnt?.introPoints.length ?? 0,
});

/** What was known before a restart, where it still holds. */
export const recallWorker = (
  worker: Omit<Worker, 'state'>,
  document: WorkerDocument | undefined,
  nowMs: number,
  memory: CertificateMemory,
): WorkerRecord => {
  const fresh = newWorker(worker);
  const descriptor = document?.address === worker.onionAddress ? document.descriptor : null;
  if (document === undefined || descriptor === null) return fresh;
  const period = { number: descriptor.periodNumber, lengthMinutes: descriptor.lengthMinutes };
  try {
    const learnt = decodeWorker(descriptor.text, worker.onionAddress, period, nowMs, memory);
    const { why, state } = document;
    return { ...fresh, worker: { ...worker, state }, why, learnt: { ...learnt, learntAtMs: descriptor.learntAtMs } };
  } catch (error) {
    // It ended while the balancer did not run.
    if (error instanceof TorError) return fresh;
    throw error;
  }
};
