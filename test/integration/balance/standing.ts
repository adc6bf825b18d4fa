// What a balancer's documents say that directories hold, at a moment when they do: while a round is being sent, its document is
// ahead of them, and its event comes when another may be under way already.
import assert from 'node:assert/strict';
import type { RoundDocument } from '../../../packages/tearless/src/balance/run/documents.ts';
import { patienceMs } from './steady.ts';

/** Every directory has it. */
export const isHeld = ({ directories }: RoundDocument): boolean =>
  directories.every(({ state }) => state === 'verified' || state === 'uploaded');

/** Clients of each are led to these workers and to no other. */
export const leadTo =
  (workers: readonly string[]) =>
  (rounds: readonly RoundDocument[]): boolean => {
    const wanted = [...workers].sort().join();
    return rounds.every((round) => [...workersOf(round)].sort().join() === wanted);
  };

/** Workers that clients of it are led to. */
export const workersOf = ({ directories }: RoundDocument): Set<string> =>
  new Set(directories.flatMap(({ points }) => points.map(({ worker }) => worker)));

/** What events tell that the documents are others now. */
export const isSettled = ({ kind }: { readonly kind: string }): boolean =>
  kind === 'round.published' || kind === 'round.kept';

interface Told {
  next(fits: (event: { readonly kind: string }) => boolean): Promise<unknown>;
}

type Read = () => readonly RoundDocument[] | Promise<readonly RoundDocument[]>;

/**
 * The rounds of the two periods that there are descriptors of, once they are as wanted: looked at now, and again after each event
 * of a round.
 *
 * @param read all documents of the frontend, by period
 */
export const untilRounds = async (
  balancer: Told,
  read: Read,
  fits: (rounds: readonly RoundDocument[]) => boolean,
): Promise<readonly RoundDocument[]> => {
  const deadlineMs = Date.now() + 2 * patienceMs;
  for (;;) {
    const told = balancer.next(isSettled);
    told.catch(() => {}); // it is waited for below, or nobody needs it
    const rounds = (await read()).slice(-2);
    if (rounds.length === 2 && rounds.some(({ isFetched }) => isFetched) && fits(rounds)) return rounds;
    assert.ok(Date.now() < deadlineMs, `rounds never came to be as wanted: ${JSON.stringify(rounds)}`);
    await told;
  }
};

/** As `untilRounds`, once all directories of both hold them. */
export const untilHeld = (
  balancer: Told,
  read: Read,
  fits: (rounds: readonly RoundDocument[]) => boolean = () => true,
): Promise<readonly RoundDocument[]> => untilRounds(balancer, read, (rounds) => rounds.every(isHeld) && fits(rounds));

/** The balancer, too, has come to the time period that clients are in. */
export const areOf = (period: number) => (rounds: readonly RoundDocument[]) => readOf(rounds).periodNumber >= period;

/** The one that clients read. */
export const readOf = (rounds: readonly RoundDocument[]): RoundDocument => {
  const round = rounds.findLast(({ isFetched }) => isFetched);
  assert.ok(round !== undefined, 'clients read none of these rounds');
  return round;
};
