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
import { type ComingChange, explainLayout } from '../choose/explain.ts';
import { type Leader, readLeaders } from '../lease/lease-room.ts';
import { cachedUntilMs } from '../model/drain.ts';
import type { WorkerState } from '../model/worker.ts';
import { FrontendDocument, layoutOf, RoundDocument, readDocument, WorkerDocument } from './documents.ts';
import { learntOf, pointsOf } from './worker-record.ts';

export interface WorkerStatus {
  readonly id: string;
  readonly address: string;
  readonly weight: number;
  readonly state: WorkerState;
  /** Why it is in that state. */
  readonly why: string;
  readonly sinceMs: number;
  /** Who gave its last good descriptor. */
  readonly source: 'helper' | 'directory' | null;
  /** Why the last look found no good descriptor; empty when it did. */
  readonly problems: readonly string[];
  /** Descriptors that came and were not taken, by code of the error. */
  readonly refused: Readonly<Record<string, number>>;
  /** Its introduction points that can stand in no descriptor, and why. */
  readonly setAside: readonly string[];
  /** While it is out or drained: until when descriptors that clients hold may still lead there; null: none does. */
  readonly cachedUntilMs: number | null;
  readonly learntAtMs: number | null;
  /** Introduction points that are known. */
  readonly points: number;
  /** Those that stand in a descriptor that clients read. */
  readonly pointsInPlay: number;
  /** Of new clients, by the descriptors that clients read; null while there are none. */
  readonly expectedShare: number | null;
  /** By its weight among the workers that are in. */
  readonly wantedShare: number | null;
  /** Why these two differ. */
  readonly shareWhy: string | null;
}

export interface FrontendStatus extends FrontendDocument {
  readonly address: string;
  /** The balancer that publishes it; null where none does. */
  readonly leader: Leader | null;
  readonly workers: readonly WorkerStatus[];
  /** By period; the last two are current while the balancer runs. */
  readonly rounds: readonly RoundDocument[];
  /** What will change the descriptors that clients read, soonest first. */
  readonly coming: readonly ComingChange[];
}

/** By address. @throws BalanceError `balance-state`, StoreError */
export const readBalanceStatus = async (store: Store, nowMs: number): Promise<FrontendStatus[]> => {
  const [frontends, leaders] = await Promise.all([readBalanceFrontends(store), readLeaders(store)]);
  return Promise.all(
    frontends.map((frontend) => readFrontend(store, frontend, leaders.get(frontend.key) ?? null, nowMs)),
  );
};

const readFrontend = async (
  store: Store,
  { key: address, json }: StoredDocument,
  leader: Leader | null,
  nowMs: number,
): Promise<FrontendStatus> => {
  const state = readDocument(FrontendDocument, json, address);
  const stored = await readBalanceRounds(store, address);
  const rounds = stored.map((round) => readDocument(RoundDocument, round.json, `${address}, period ${round.period}`));
  const known = (await readBalanceWorkers(store, address)).map(({ key: id, json: text }) => {
    const document = readDocument(WorkerDocument, text, id);
    const worker = { id, onionAddress: document.address, weight: document.weight };
    return { document, points: pointsOf({ worker, learnt: learntOf(document, nowMs) }, document.health.state) };
  });
  const read = findRead(rounds);
  const explanation =
    read === undefined
      ? undefined
      : explainLayout(
          layoutOf(read),
          known.map(({ points }) => points),
          [
            { atMs: read.nextMs, why: 'the next round that nothing but time asks for' },
            { atMs: read.periodEndMs, why: 'the time period changes: other directories' },
          ],
        );
  const workers = known.map(({ document, points }): WorkerStatus => {
    const { id } = points.worker;
    const explained = explanation?.workers.find(({ worker }) => worker === id);
    return {
      id,
      address: document.address,
      weight: document.weight,
      state: document.health.state,
      why: document.health.why,
      sinceMs: document.health.sinceMs,
      source: document.source,
      problems: document.problems,
      refused: document.refused,
      setAside: (read?.setAside ?? []).flatMap(({ worker, key, why }) =>
        worker === id ? [`${key.slice(0, 8)}: ${why}`] : [],
      ),
      cachedUntilMs:
        document.health.state === 'in'
          ? null
          : cachedUntilMs(
              rounds.filter(({ periodEndMs }) => periodEndMs > nowMs),
              id,
            ),
      learntAtMs: document.descriptor?.learntAtMs ?? null,
      points: points.introPoints.length,
      pointsInPlay: explained?.pointsInPlay ?? 0,
      expectedShare: explained?.expectedShare ?? null,
      wantedShare: explained?.wantedShare ?? null,
      shareWhy: explained?.why ?? null,
    };
  });
  return { address, ...state, leader, workers, rounds, coming: explanation?.coming ?? [] };
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
