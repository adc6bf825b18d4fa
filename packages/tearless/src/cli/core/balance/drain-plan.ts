// What draining a worker would come to: who is left, and until when clients may still come. Pure.
import { BalanceError } from '../../../balance/balance-error.ts';
import { cachedUntilMs } from '../../../balance/model/drain.ts';
import { counted, renderInstant } from '../render/experiment-lines.ts';
import { renderSeconds } from '../render/plan-lines.ts';
import type { FoundWorker } from './find-worker.ts';

export interface DrainPlan {
  /** Null: no descriptor that clients may hold leads there. */
  readonly cachedUntilMs: number | null;
  readonly lines: readonly string[];
}

/** @throws BalanceError `balance-last-worker`: then the last good descriptors would stay, and nothing would be drained */
export const planDrain = ({
  frontend,
  worker,
  name,
  nowMs,
}: FoundWorker & { readonly name: string; readonly nowMs: number }): DrainPlan => {
  const left = frontend.workers.filter(({ id, state }) => id !== worker.id && state === 'in');
  if (left.length === 0)
    throw new BalanceError({
      kind: 'refused',
      code: 'balance-last-worker',
      message: `no other worker of ${frontend.address} is in: clients would have nowhere to go`,
      subject: name,
      hint: "'tearless balance status' shows why the others are not",
    });
  const rounds = frontend.rounds.filter(({ periodEndMs }) => periodEndMs > nowMs);
  const untilMs = cachedUntilMs(rounds, worker.id);
  return {
    cachedUntilMs: untilMs,
    lines: [
      `${name} gets no new clients: ${counted(left.length, 'worker is', 'workers are')} left to them`,
      untilMs === null
        ? 'no descriptor that clients may hold leads there'
        : `clients that hold a descriptor from before may come until ${renderInstant(untilMs)} UTC, in ${renderSeconds((untilMs - nowMs) / 1000)}: leave it running until then`,
      'connections that stand go on',
    ],
  };
};
