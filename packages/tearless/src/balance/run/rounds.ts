// What stands at the directories for each period of one frontend, as the store has it, and which directories missed it.
import { noteBalanceCounter, readBalanceCounter, readBalanceRounds, writeBalanceRound } from '../../store/balance.ts';
import type { Directory } from '../model/directory.ts';
import type { Layout, PointRef, SetAside } from '../model/layout.ts';
import type { DirectoryResult } from '../publish/publish-period.ts';
import { isMissed, RoundDocument, readDocument } from './documents.ts';
import type { LedWorld } from './session.ts';
import type { Timings } from './timings.ts';

/** A directory that missed a round. */
interface Missed {
  readonly tries: number;
  readonly atMs: number;
}

export class Rounds {
  readonly #world: Pick<LedWorld, 'store' | 'ledger' | 'clock'>;
  readonly #frontend: string;
  /** By number of the period. */
  readonly #documents = new Map<number, RoundDocument>();
  /** By number of the period, then by fingerprint. */
  readonly #missed = new Map<number, ReadonlyMap<string, Missed>>();

  /** By name of the descriptor: the highest counter that this process used or read; for a store that is out of reach. */
  readonly #counters = new Map<string, bigint>();

  constructor(world: Pick<LedWorld, 'store' | 'ledger' | 'clock'>, frontend: string) {
    this.#world = world;
    this.#frontend = frontend;
  }

  /** Takes up what the store has. @throws BalanceError `balance-state`, StoreError */
  async load(): Promise<void> {
    const stored = await readBalanceRounds(this.#world.store, this.#frontend);
    this.#documents.clear();
    for (const { period, json } of stored)
      this.#keep(readDocument(RoundDocument, json, `${this.#frontend}, period ${period}`));
    this.#missed.clear();
    this.#counters.clear();
  }

  /** The highest counter that was used for a descriptor; null for none. @throws StoreError */
  async readCounter(descriptorId: string): Promise<bigint | null> {
    const { store, ledger } = this.#world;
    const stored = await ledger.read(() => readBalanceCounter(store, descriptorId));
    const used = this.#counters.get(descriptorId) ?? null;
    return used === null || (stored ?? -1n) > used ? (stored ?? used) : used;
  }

  /** Before it is used, so that it is never used again. @throws StoreError */
  async noteCounter(descriptorId: string, counter: bigint): Promise<void> {
    const { store, ledger, clock } = this.#world;
    this.#counters.set(descriptorId, counter);
    const atMs = clock.now();
    await ledger.write(`counter ${descriptorId}`, () => noteBalanceCounter(store, descriptorId, counter, atMs));
  }

  of(period: number): RoundDocument | undefined {
    return this.#documents.get(period);
  }

  /** Workers that stand in any descriptor that was published last. */
  get standing(): ReadonlySet<string> {
    const directories = [...this.#documents.values()].flatMap((round) => round.directories);
    return new Set(directories.flatMap(({ points }) => points.map(({ worker }) => worker)));
  }

  async save(document: RoundDocument): Promise<void> {
    const { periodNumber: period, publishedMs } = document;
    this.#keep(document);
    for (const old of this.#documents.keys()) if (old < period - 2) this.#documents.delete(old);
    const { store, ledger } = this.#world;
    const round = { period, publishedMs, json: JSON.stringify(document) };
    await ledger.write(`round ${this.#frontend} ${period}`, () => writeBalanceRound(store, this.#frontend, round));
  }

  /** Directories and periods share their references: of a thousand frontends there would be a quarter of a million. */
  #keep(document: RoundDocument): void {
    const known = new Map<string, PointRef>();
    const share = (ref: PointRef): PointRef => {
      const same = known.get(ref.key);
      if (same?.worker === ref.worker && same.index === ref.index) return same;
      known.set(ref.key, ref);
      return ref;
    };
    for (const { directories } of this.#documents.values())
      for (const { points } of directories) for (const ref of points) share(ref);
    const directories = document.directories.map((one) => ({ ...one, points: one.points.map(share) }));
    this.#documents.set(document.periodNumber, { ...document, directories });
  }

  /** Clients may have begun to read it since it was published. @returns the round, where that is so */
  async noteFetched(period: number, isFetched: boolean): Promise<RoundDocument | undefined> {
    const round = this.#documents.get(period);
    if (round === undefined || round.isFetched === isFetched) return undefined;
    const noted = { ...round, isFetched };
    await this.save(noted);
    return noted;
  }

  /** Sets when the directories that missed the round are tried again: later with each time. */
  noteMissed(period: number, results: readonly DirectoryResult[], nowMs: number, timings: Timings): void {
    const [first, most] = timings.retryMs;
    const missed = new Map(this.#missed.get(period));
    for (const { directory, state } of results) {
      const tries = (missed.get(directory)?.tries ?? 0) + 1;
      if (state === 'failed')
        missed.set(directory, { tries, atMs: nowMs + Math.min(most, first * 2 ** Math.min(20, tries - 1)) });
      else missed.delete(directory);
    }
    this.#missed.set(period, missed);
    for (const old of this.#missed.keys()) if (old < period - 2) this.#missed.delete(old);
  }

  /** Directories that missed the round, with when each is tried again; at once where this process does not know. */
  listMissed(period: number): ReadonlyMap<string, number> {
    const round = this.#documents.get(period);
    const known = this.#missed.get(period);
    const missed = (round?.directories ?? []).filter(isMissed);
    return new Map(missed.map(({ fingerprint }) => [fingerprint, known?.get(fingerprint)?.atMs ?? 0]));
  }
}

/** A round that is about to be sent, or was: what is known of each directory. */
export const describeDirectories = (
  directories: readonly Directory[],
  layout: Layout,
  resultOf: (
    fingerprint: string,
  ) => Pick<RoundDocument['directories'][number], 'state' | 'reason' | 'attempts'> | undefined,
): RoundDocument['directories'] =>
  directories.map(({ fingerprint, nickname, replicas, isFetched }) => {
    const result = resultOf(fingerprint);
    return {
      fingerprint,
      nickname,
      replica: replicas[0] ?? 0,
      isFetched,
      state: result?.state ?? 'unsent',
      reason: result?.reason ?? null,
      attempts: result?.attempts ?? 0,
      copyOf: layout.copies.get(fingerprint) ?? null,
      points: [...(layout.chosen.get(fingerprint) ?? [])],
    };
  });

export const describeSetAside = (setAside: readonly SetAside[]): RoundDocument['setAside'] =>
  setAside.map(({ ref, why }) => ({ worker: ref.worker, key: ref.key, why }));
