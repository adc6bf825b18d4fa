// One balanced onion service while it runs: what is known of its workers, what stands at the directories, and one step that
// does whatever is due. What it knows lies in the store, so that a restart goes on where this ended.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { CertificateMemory } from '@tearless/tor/hsdesc/certificate.ts';
import type { Clock } from '../../base/clock.ts';
import type { Limiter } from '../../host/limiter.ts';
import type { Random } from '../../stats/random/random.ts';
import {
  keepBalanceWorkers,
  noteBalanceCounter,
  readBalanceCounter,
  readBalanceFrontends,
  readBalanceRounds,
  readBalanceWorkers,
  writeBalanceFrontend,
  writeBalanceRound,
  writeBalanceWorker,
} from '../../store/balance.ts';
import type { Store } from '../../store/store.ts';
import { chooseLayout } from '../choose/choose-layout.ts';
import { dueAt, type PendingChange } from '../choose/gather.ts';
import {
  declareWorkers,
  type HealthPool,
  type HealthStep,
  hear,
  nextHealthChangeMs,
  passTime,
} from '../health/pool.ts';
import { defaultHealthRules, type HealthRules } from '../health/rules.ts';
import { type Learnt, learnWorker } from '../learn/learn-worker.ts';
import { fetchedPeriod, listDirectories, type NetworkView, type PeriodView } from '../learn/network-view.ts';
import type { Directory } from '../model/directory.ts';
import type { FrontendConfig } from '../model/frontend-config.ts';
import type { Layout } from '../model/layout.ts';
import { pointKey } from '../model/layout.ts';
import type { WorkerState } from '../model/worker.ts';
import { agreeTraits } from '../publish/build-round.ts';
import { type PublishedRound, publishPeriod } from '../publish/publish-period.ts';
import { FrontendDocument, layoutOf, RoundDocument, readDocument, WorkerDocument } from './documents.ts';
import { decideDue, digestRound } from './due.ts';
import type { BalanceEvent, BalancerState } from './event.ts';
import { standingOf } from './standing-round.ts';
import type { Timings } from './timings.ts';
import { newestOf, pointsOf, recallWorker, type WorkerRecord } from './worker-record.ts';

export interface FrontendWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: (bytes: number) => Uint8Array;
  readonly emit: (event: BalanceEvent) => void;
}

/** What a connection to tor gives, for as long as it lasts. */
export interface Session {
  readonly controller: Controller;
  readonly view: NetworkView;
  readonly timings: Timings;
  /** Bounds the circuits that are built at once, for all frontends. */
  readonly circuits: Limiter;
  readonly signal: AbortSignal;
}

/** Nothing probes yet: a worker's descriptor speaks for it. */
const healthRules: HealthRules = { ...defaultHealthRules, isProbed: false };

export class Frontend {
  readonly #config: FrontendConfig;
  readonly #world: FrontendWorld;
  readonly #memory = new CertificateMemory();
  readonly #workers = new Map<string, WorkerRecord>();
  /** By number of the period. */
  readonly #rounds = new Map<number, RoundDocument>();
  /** Failed tries at directories that missed the round of a period, and when the next one is. */
  readonly #retries = new Map<number, { readonly tries: number; readonly atMs: number }>();
  /** Periods that this process has looked at. */
  readonly #met = new Set<number>();
  #state: FrontendDocument;
  #learnDueMs = 0;
  /** The period whose descriptors were last learnt. */
  #learntPeriod: number | undefined;
  #health: HealthPool = {};
  /** What has changed since the last round. */
  #changes: PendingChange[] = [];
  #isGathering = false;

  private constructor(config: FrontendConfig, world: FrontendWorld, state: FrontendDocument) {
    this.#config = config;
    this.#world = world;
    this.#state = { ...state, policy: config.policy };
  }

  get address(): string {
    return this.#config.keys.address;
  }

  /** Takes up what the store has of it. @throws BalanceError `balance-state`, StoreError */
  static async open(config: FrontendConfig, world: FrontendWorld): Promise<Frontend> {
    const { store, clock } = world;
    const { address } = config.keys;
    const standing = (await readBalanceFrontends(store)).find(({ key }) => key === address);
    const nowMs = clock.now();
    const state: FrontendDocument =
      standing === undefined
        ? { policy: config.policy, state: 'connecting', sinceMs: nowMs, why: null }
        : readDocument(FrontendDocument, standing.json, address);
    const frontend = new Frontend(config, world, state);
    await frontend.#saveState();
    const known = new Map((await readBalanceWorkers(store, address)).map(({ key, json }) => [key, json]));
    const health: Record<string, HealthPool[string]> = {};
    for (const worker of config.workers) {
      const json = known.get(worker.id);
      const document = json === undefined ? undefined : readDocument(WorkerDocument, json, worker.id);
      frontend.#workers.set(worker.id, recallWorker(worker, document, nowMs, frontend.#memory));
      if (document?.address === worker.onionAddress) health[worker.id] = document.health;
    }
    frontend.#health = declareWorkers(health, [...frontend.#workers.keys()], nowMs);
    await keepBalanceWorkers(store, address, [...frontend.#workers.keys()]);
    for (const { period, json } of await readBalanceRounds(store, address))
      frontend.#rounds.set(period, readDocument(RoundDocument, json, `${address}, period ${period}`));
    frontend.#tellOpened();
    return frontend;
  }

  #tellOpened(): void {
    const workers = [...this.#workers.values()].map(({ worker, learnt }) => ({
      worker: worker.id,
      address: worker.onionAddress,
      state: this.#stateOf(worker.id),
      points: learnt?.introPoints.length ?? 0,
      learntAtMs: learnt?.learntAtMs ?? null,
    }));
    this.#world.emit({ kind: 'frontend.opened', frontend: this.address, workers });
  }

  /** Notes the state that the whole balancer is in. */
  async note(state: BalancerState, why: string | null): Promise<void> {
    if (this.#state.state === state && this.#state.why === why) return;
    this.#state = { ...this.#state, state, why, sinceMs: this.#world.clock.now() };
    await this.#saveState();
  }

  /**
   * Learns and publishes what is due.
   * @returns when something is due next
   * @throws TorError when the control connection is gone; the session's reason when aborted
   */
  async step(session: Session): Promise<number> {
    const { clock } = this.#world;
    const current = fetchedPeriod(session.view).slot.period.number;
    if (this.#learnDueMs <= clock.now() || this.#learntPeriod !== current) await this.#learn(session, current);
    await this.#enter(passTime(this.#health, clock.now(), healthRules));
    let nextMs = Math.min(this.#learnDueMs, nextHealthChangeMs(this.#health, clock.now(), healthRules) ?? Infinity);
    this.#isGathering = false;
    // The first one is waited for: directories do not say which descriptor of an address they have taken.
    for (const period of session.view.periods) nextMs = Math.min(nextMs, await this.#publish(session, period));
    if (!this.#isGathering) this.#changes = [];
    return nextMs;
  }

  async #learn(session: Session, current: number): Promise<void> {
    const { clock, random } = this.#world;
    const { circuits, signal, timings } = session;
    const look = async (record: WorkerRecord): Promise<void> => {
      const release = await circuits.acquire(signal);
      try {
        const address = record.worker.onionAddress;
        const found = await learnWorker({ ...session, address, clock, random, memory: this.#memory });
        const { learnt, problems, refusals } = found;
        for (const refusal of refusals)
          this.#world.emit({
            kind: 'descriptor.refused',
            frontend: this.address,
            worker: record.worker.id,
            ...refusal,
          });
        await this.#take({ ...record, problems }, learnt, timings);
      } finally {
        release();
      }
    };
    await Promise.all([...this.#workers.values()].map(look));
    this.#learntPeriod = current;
    this.#learnDueMs = clock.now() + timings.pollMs * (0.8 + 0.4 * random.uniform());
  }

  /** What a look at a worker's directories found. */
  async #take(record: WorkerRecord, found: Learnt | undefined, timings: Timings): Promise<void> {
    const { clock, emit } = this.#world;
    const { id } = record.worker;
    const nowMs = clock.now();
    const learnt = found === undefined ? record.learnt : newestOf(record.learnt, found);
    const keys = (one: Learnt | undefined) => (one?.introPoints ?? []).map(pointKey).sort().join();
    this.#workers.set(id, { ...record, learnt });
    if (keys(record.learnt) !== keys(learnt)) {
      this.#changes.push({ kind: 'points-changed', atMs: nowMs });
      emit({ kind: 'worker.learnt', frontend: this.address, worker: id, points: learnt?.introPoints.length ?? 0 });
    }
    if (found !== undefined) {
      emit({ kind: 'worker.heard', frontend: this.address, worker: id });
      const validForMs = Math.min(timings.trustMs, found.validUntilMs - nowMs);
      await this.#enter(hear(this.#health, id, { kind: 'descriptor-seen', atMs: nowMs, validForMs }, healthRules));
    }
    await this.#saveWorker(id);
  }

  /** Takes over what the health of workers has come to. */
  async #enter({ pool, events }: HealthStep): Promise<void> {
    this.#health = pool;
    for (const { kind, worker, atMs, why } of events) {
      const isIn = kind === 'worker.in';
      this.#changes.push({
        kind: isIn ? 'worker-joined' : kind === 'worker.draining' ? 'worker-draining' : 'worker-lost',
        atMs,
      });
      this.#world.emit({ kind: 'worker.changed', frontend: this.address, worker, state: this.#stateOf(worker), why });
      await this.#saveWorker(worker);
    }
  }

  #stateOf(worker: string): WorkerState {
    return this.#health[worker]?.state ?? 'out';
  }

  async #saveWorker(id: string): Promise<void> {
    const record = this.#workers.get(id);
    const health = this.#health[id];
    if (record === undefined || health === undefined) return;
    const { worker, learnt, problems } = record;
    const document: WorkerDocument = {
      address: worker.onionAddress,
      weight: worker.weight,
      health: { ...health, failures: { ...health.failures } },
      problems: [...problems],
      descriptor:
        learnt === undefined
          ? null
          : {
              text: learnt.text,
              periodNumber: learnt.period.number,
              lengthMinutes: learnt.period.lengthMinutes,
              learntAtMs: learnt.learntAtMs,
            },
    };
    const { store, clock } = this.#world;
    await writeBalanceWorker(store, this.address, { key: id, atMs: clock.now(), json: JSON.stringify(document) });
  }

  /** @returns when this period is due again */
  async #publish(session: Session, { slot, ring }: PeriodView): Promise<number> {
    const { clock, random, emit } = this.#world;
    const period = slot.period.number;
    const keys = this.#config.keys.of(slot.period);
    if (keys === undefined) {
      emit({ kind: 'round.failed', frontend: this.address, period, why: 'keys-ended' });
      return slot.period.endMs;
    }
    const directories = listDirectories({ slot, ring }, keys.keys.blindedKey, session.view.sizes);
    const before = await this.#recallRound(period, slot.isFetched);
    const records = [...this.#workers.values()];
    const points = records.map((record) => pointsOf(record, this.#stateOf(record.worker.id)));
    const { policy } = this.#config;
    const previous = before === undefined ? undefined : layoutOf(before);
    const nowMs = clock.now();
    // Where not all points have a place, others come in with each round that time asks for.
    const rotation = before === undefined ? 0 : before.rotation + (before.nextMs <= nowMs ? 1 : 0);
    const choice = chooseLayout({ directories, points, policy, round: rotation, previous, random });
    if (choice.kind === 'none') {
      emit({ kind: 'round.failed', frontend: this.address, period, why: choice.reason });
      return this.#learnDueMs;
    }
    const { layout } = choice;
    const traits = agreeTraits(
      records.flatMap(({ worker, learnt }) => (this.#stateOf(worker.id) === 'in' && learnt ? [learnt] : [])),
    );
    const digest = digestRound(layout, traits);
    const due = decideDue({
      before: before === undefined ? undefined : publishedBefore(before),
      digest,
      directories: new Set(directories.map(({ fingerprint }) => fingerprint)),
      nowMs,
      scheduledMs: before?.nextMs ?? 0,
      gatheredMs: dueAt(this.#changes, session.timings.gatherMs) ?? undefined,
      retryMs: this.#retries.get(period)?.atMs ?? (before === undefined ? undefined : before.publishedMs),
    });
    if (due.kind === 'not-due') {
      if (!this.#met.has(period) && before !== undefined)
        emit({ kind: 'round.kept', ...standingOf(this.address, before), why: due.why });
      this.#met.add(period);
      this.#isGathering ||= before?.digest !== digest;
      return due.nextMs;
    }
    this.#met.add(period);
    const [earliestMs, latestMs] = session.timings.republishMs;
    const isRetry = due.kind === 'retry' && before !== undefined;
    const missed = isRetry ? publishedBefore(before).missed : undefined;
    const round = await publishPeriod({
      ...session,
      address: this.address,
      keys,
      slot,
      content: { layout: missed === undefined ? layout : restrict(layout, missed), points, traits },
      lastCounter: await readBalanceCounter(this.#world.store, keys.descriptorId),
      noteCounter: (counter) => noteBalanceCounter(this.#world.store, keys.descriptorId, counter, clock.now()),
      again: isRetry ? BigInt(before.revisionCounter) : undefined,
      clock,
      randomBytes: this.#world.randomBytes,
    });
    const document: RoundDocument = {
      periodNumber: period,
      periodEndMs: slot.period.endMs,
      isFetched: slot.isFetched,
      descriptorId: keys.descriptorId,
      revisionCounter: String(round.revisionCounter),
      why: due.why,
      digest,
      policy: layout.policy,
      rotation: layout.round,
      publishedMs: isRetry ? before.publishedMs : nowMs,
      nextMs: isRetry ? before.nextMs : Math.round(nowMs + earliestMs + (latestMs - earliestMs) * random.uniform()),
      directories: describeDirectories(directories, layout, round, ring.members, isRetry ? before : undefined),
    };
    await this.#saveRound(document, round, session.timings);
    return Math.min(document.nextMs, this.#retries.get(period)?.atMs ?? document.nextMs);
  }

  /** What stands for the period; clients may have begun to read it since. */
  async #recallRound(period: number, isFetched: boolean): Promise<RoundDocument | undefined> {
    const round = this.#rounds.get(period);
    if (round === undefined || round.isFetched === isFetched) return round;
    const document: RoundDocument = { ...round, isFetched };
    this.#rounds.set(period, document);
    const why = isFetched ? 'clients look for it now' : 'clients look for it no more';
    this.#world.emit({ kind: 'round.kept', ...standingOf(this.address, document), why });
    const { publishedMs } = document;
    await writeBalanceRound(this.#world.store, this.address, { period, publishedMs, json: JSON.stringify(document) });
    return document;
  }

  async #saveRound(document: RoundDocument, round: PublishedRound, timings: Timings): Promise<void> {
    const { store, clock, emit } = this.#world;
    const { periodNumber: period, publishedMs, why } = document;
    const standing = standingOf(this.address, document);
    this.#rounds.set(period, document);
    await writeBalanceRound(store, this.address, { period, publishedMs, json: JSON.stringify(document) });
    const { failed } = standing;
    const tries = failed === 0 ? 0 : (this.#retries.get(period)?.tries ?? 0) + 1;
    if (failed === 0) this.#retries.delete(period);
    else {
      const [first, most] = timings.retryMs;
      this.#retries.set(period, { tries, atMs: clock.now() + Math.min(most, first * 2 ** (tries - 1)) });
    }
    this.#changes = [];
    const count = (state: string): number => round.results.filter((result) => result.state === state).length;
    emit({
      kind: 'round.published',
      ...standing,
      revisionCounter: document.revisionCounter,
      why,
      uploads: { verified: count('verified'), uploaded: count('uploaded'), failed: count('failed') },
      buildMs: Number(round.buildMs.toFixed(3)),
    });
  }

  async #saveState(): Promise<void> {
    const { store, clock } = this.#world;
    await writeBalanceFrontend(store, { key: this.address, atMs: clock.now(), json: JSON.stringify(this.#state) });
  }
}

const publishedBefore = ({ digest, directories }: RoundDocument) => ({
  digest,
  directories: new Set(directories.map(({ fingerprint }) => fingerprint)),
  missed: new Set(directories.filter(({ state }) => state === 'failed').map(({ fingerprint }) => fingerprint)),
});

const restrict = (layout: Layout, directories: ReadonlySet<string>): Layout => ({
  ...layout,
  chosen: new Map([...layout.chosen].filter(([fingerprint]) => directories.has(fingerprint))),
});

/** @param before the round that this goes on with; its directories' results stay where this had none */
const describeDirectories = (
  directories: readonly Directory[],
  layout: Layout,
  { results }: PublishedRound,
  members: PeriodView['ring']['members'],
  before: RoundDocument | undefined,
): RoundDocument['directories'] => {
  const nicknames = new Map(members.map(({ hsDir }) => [hsDir.fingerprint, hsDir.nickname]));
  return directories.map(({ fingerprint, replicas, isFetched }) => {
    const result =
      results.find(({ directory }) => directory === fingerprint) ??
      before?.directories.find((directory) => directory.fingerprint === fingerprint);
    return {
      fingerprint,
      nickname: nicknames.get(fingerprint) ?? '',
      replica: replicas[0] ?? 0,
      isFetched,
      state: result?.state ?? 'failed',
      reason: result?.reason ?? null,
      attempts: result?.attempts ?? 0,
      copyOf: layout.copies.get(fingerprint) ?? null,
      points: [...(layout.chosen.get(fingerprint) ?? [])],
    };
  });
};
