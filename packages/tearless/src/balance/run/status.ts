// How balanced services stand, from the store alone: no tor and no running balancer is asked.
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import {
  readBalanceFrontends,
  readBalanceRounds,
  readBalanceWorkers,
  type StoredDocument,
} from '../../store/balance.ts';
import type { Store } from '../../store/store.ts';
import { BalanceError } from '../balance-error.ts';
import { expectedShares } from '../choose/shares.ts';
import { FrontendDocument, layoutOf, RoundDocument, readDocument, WorkerDocument } from './documents.ts';

export interface WorkerStatus extends Omit<WorkerDocument, 'descriptor'> {
  readonly id: string;
  readonly learntAtMs: number | null;
  /** Of new clients, by the descriptors that clients read; null while there are none. */
  readonly expectedShare: number | null;
  /** Introduction points that stand in a descriptor that clients read. */
  readonly pointsInPlay: number;
}

export interface FrontendStatus extends FrontendDocument {
  readonly address: string;
  readonly workers: readonly WorkerStatus[];
  /** By period; the last two are current while the balancer runs. */
  readonly rounds: readonly RoundDocument[];
}

/** By address. @throws BalanceError `balance-state`, StoreError */
export const readBalanceStatus = async (store: Store): Promise<FrontendStatus[]> => {
  const frontends = await readBalanceFrontends(store);
  return Promise.all(frontends.map((frontend) => readFrontend(store, frontend)));
};

const readFrontend = async (store: Store, { key: address, json }: StoredDocument): Promise<FrontendStatus> => {
  const state = readDocument(FrontendDocument, json, address);
  const stored = await readBalanceRounds(store, address);
  const rounds = stored.map((round) => readDocument(RoundDocument, round.json, `${address}, period ${round.period}`));
  const read = findRead(rounds);
  const shares = read === undefined ? undefined : expectedShares(layoutOf(read));
  const inPlay = new Map<string, Set<string>>();
  for (const { isFetched, points } of read?.directories ?? [])
    if (isFetched)
      for (const { worker, key } of points) inPlay.set(worker, (inPlay.get(worker) ?? new Set<string>()).add(key));
  const workers = (await readBalanceWorkers(store, address)).map(({ key: id, json: text }): WorkerStatus => {
    const { descriptor, ...worker } = readDocument(WorkerDocument, text, id);
    return {
      id,
      ...worker,
      learntAtMs: descriptor?.learntAtMs ?? null,
      expectedShare: shares === undefined ? null : (shares.get(id) ?? 0),
      pointsInPlay: inPlay.get(id)?.size ?? 0,
    };
  });
  return { address, ...state, workers, rounds };
};

/** The round of the period that clients read. */
export const findRead = (rounds: readonly RoundDocument[]): RoundDocument | undefined =>
  rounds.filter(({ isFetched }) => isFetched).at(-1) ?? rounds.at(-1);

/**
 * The frontend with that address, or the one with that worker.
 * @throws BalanceError `balance-not-found`, TorError for what is no onion address
 */
export const findFrontend = (
  frontends: readonly FrontendStatus[],
  text: string,
): { readonly frontend: FrontendStatus; readonly worker: WorkerStatus | undefined } => {
  parseOnionAddress(text);
  const address = `${text.toLowerCase().replace(/\.onion$/, '')}.onion`;
  for (const frontend of frontends) {
    if (frontend.address === address) return { frontend, worker: undefined };
    const worker = frontend.workers.find((one) => one.address === address);
    if (worker !== undefined) return { frontend, worker };
  }
  throw new BalanceError({
    kind: 'not-found',
    code: 'balance-not-found',
    message: `no balanced service has the address ${address}, and no worker of one`,
    hint: "'tearless balance status' lists them; 'tearless balance run' begins with new ones",
    subject: address,
  });
};
