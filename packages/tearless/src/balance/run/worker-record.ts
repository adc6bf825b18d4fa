// A worker as the balancer remembers it: what was learnt of it last. Whether it is in is the health pool's business.
import { TorError } from '@tearless/tor/error.ts';
import type { CertificateMemory } from '@tearless/tor/hsdesc/certificate.ts';
import { decodeWorker, type Learnt } from '../learn/learn-worker.ts';
import type { Worker, WorkerPoints, WorkerState } from '../model/worker.ts';
import type { WorkerDocument } from './documents.ts';

export interface WorkerRecord {
  readonly worker: Omit<Worker, 'state'>;
  readonly learnt: Learnt | undefined;
  /** Why the last look found nothing better; empty when it did. */
  readonly problems: readonly string[];
}

/** The newest of what is known and what was found: a directory that lags behind takes back nothing. */
export const newestOf = (known: Learnt | undefined, found: Learnt): Learnt =>
  known !== undefined && known.period.number === found.period.number && found.revisionCounter < known.revisionCounter
    ? known
    : found;

export const pointsOf = ({ worker, learnt }: WorkerRecord, state: WorkerState): WorkerPoints => ({
  worker: { ...worker, state },
  introPoints: learnt?.introPoints ?? [],
  learntAtMs: learnt?.learntAtMs ?? 0,
  descriptorValidForMs: learnt === undefined ? 0 : learnt.validUntilMs - learnt.learntAtMs,
});

/** What was known before a restart, where it still holds. */
export const recallWorker = (
  worker: Omit<Worker, 'state'>,
  document: WorkerDocument | undefined,
  nowMs: number,
  memory: CertificateMemory,
): WorkerRecord => {
  const descriptor = document?.address === worker.onionAddress ? document.descriptor : null;
  if (document === undefined || descriptor === null) return { worker, learnt: undefined, problems: [] };
  const period = { number: descriptor.periodNumber, lengthMinutes: descriptor.lengthMinutes };
  const { problems } = document;
  try {
    const learnt = decodeWorker(descriptor.text, worker.onionAddress, period, nowMs, memory);
    return { worker, learnt: { ...learnt, learntAtMs: descriptor.learntAtMs }, problems };
  } catch (error) {
    // It ended while the balancer did not run.
    if (error instanceof TorError) return { worker, learnt: undefined, problems };
    throw error;
  }
};
