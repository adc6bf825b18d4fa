// One balanced service over all connections to tor: what is known of its workers, what stands of it at directories, and the step
// that brings both up to date. Each part is in a file of its own; this one decides in what order they get their turn.
import { keepBalanceWorkers, readBalanceWorkers, writeBalanceWorkers } from '../../store/balance.ts';
import { isUrgent, type PendingChange } from '../choose/gather.ts';
import { type HealthPool, recallHealth } from '../health/pool.ts';
import type { LearnMemory } from '../learn/learn-memory.ts';
import { introPointsOf } from '../learn/learnt.ts';
import { fetchedPeriod, type NetworkView, type PeriodView } from '../learn/network-view.ts';
import type { FrontendConfig } from '../model/frontend-config.ts';
import type { HealthSignal } from '../model/health.ts';
import type { HelperHeard } from '../model/worker-helper.ts';
import { DeclaredWatch } from './declared-watch.ts';
import { readDocument, WorkerDocument } from './documents.ts';
import type { BalancerState } from './event.ts';
import { FrontendRecord } from './frontend-record.ts';
import { Looks } from './looks.ts';
import { publishStep, type StepOutcome } from './publish-step.ts';
import { Roster } from './roster.ts';
import { Rounds } from './rounds.ts';
import { explanations, type Service, ServiceWatch } from './service.ts';
import type { LedWorld, Session } from './session.ts';
import { standingOf } from './standing-round.ts';
import { recallWorker } from './worker-record.ts';

export interface FrontendOptions {
  readonly config: FrontendConfig;
  readonly world: LedWorld;
  readonly memory: LearnMemory;
  /** Probes are to be asked for, until a session says that it has none. */
  readonly isProbed: boolean;
  /** Something came that a step is due for. */
  readonly wake: () => void;
}

export class Frontend {
  readonly #options: FrontendOptions;
  readonly #rounds: Rounds;
  readonly #roster: Roster;
  readonly #looks: Looks;
  readonly #underWay = new Map<string, Promise<void>>();
  /** Periods that this process has looked at. */
  readonly #met = new Set<number>();
  /** What the last step of a period saw; while that is the same and its time has not come, there is nothing to do. */
  readonly #seen = new Map<number, { readonly what: string; readonly nextMs: number; readonly isGathering: boolean }>();
  /** Why there was nothing to publish, told once. */
  readonly #failed = new Map<number, string>();
  readonly #beganMs: number;
  readonly #declared: DeclaredWatch;
  readonly #record: FrontendRecord;
  readonly #service = new ServiceWatch();
  /** The term of leadership that it has taken up the store in. */
  #term = 0;
  /** While a round is under way. */
  #superseding: AbortController | undefined;
  /** What that round takes in. */
  #inRound: readonly PendingChange[] = [];

  private constructor(options: FrontendOptions, record: FrontendRecord, roster: Roster) {
    const { config, world } = options;
    this.#options = options;
    this.#record = record;
    this.#declared = new DeclaredWatch(config);
    this.#roster = roster;
    this.#rounds = new Rounds(world, config.keys.address);
    this.#beganMs = world.clock.now();
    this.#looks = new Looks({ roster, world, memory: options.memory, onLook: () => this.#react() });
  }

  get address(): string {
    return this.#options.config.keys.address;
  }

  get config(): FrontendConfig {
    return this.#options.config;
  }

  get roster(): Roster {
    return this.#roster;
  }

  /** Takes up what the store has of it. @throws BalanceError `balance-state`, StoreError */
  static async open(options: FrontendOptions): Promise<Frontend> {
    const { config, world, memory, isProbed } = options;
    const { store, clock } = world;
    const { address } = config.keys;
    const nowMs = clock.now();
    const record = await FrontendRecord.open(config.keys, config.policy, world);
    const known = new Map(
      (await readBalanceWorkers(store, address)).map(({ key, json }) => [key, readDocument(WorkerDocument, json, key)]),
    );
    const health: Record<string, HealthPool[string]> = {};
    const records = config.workers.map((worker) => {
      const before = known.get(worker.id);
      if (before?.address === worker.onionAddress)
        health[worker.id] = recallHealth(before.health, worker.helper !== undefined, nowMs);
      return recallWorker(worker, before, nowMs);
    });
    const { emit } = world;
    const roster = new Roster({ frontend: address, records, health, clock, memory, emit });
    roster.setProbed(isProbed);
    const frontend = new Frontend(options, record, roster);
    await frontend.#rounds.load();
    emit({
      kind: 'frontend.opened',
      frontend: address,
      workers: records.map(({ worker, learnt }) => ({
        worker: worker.id,
        address: worker.onionAddress,
        state: roster.stateOf(worker.id),
        points: learnt === undefined ? 0 : introPointsOf(learnt).length,
        learntAtMs: learnt?.learntAtMs ?? null,
      })),
    });
    return frontend;
  }

  hearHelper(worker: string, heard: HelperHeard): void {
    this.#roster.hearHelper(worker, heard);
    this.#react();
  }

  hear(worker: string, signal: HealthSignal): void {
    this.#roster.hear(worker, signal);
    this.#react();
  }

  /** Who is to be drained now, by id. */
  setDrained(workers: ReadonlySet<string>): void {
    const { version } = this.#roster;
    this.#roster.setDrained(workers);
    if (this.#roster.version !== version) this.#react();
  }

  /** What cannot wait ends the round that is under way: the next one is without the worker. */
  #react(): void {
    const { changes } = this.#roster;
    if (changes.some((change) => isUrgent(change) && !this.#inRound.includes(change))) this.#superseding?.abort();
    this.#options.wake();
  }

  /** Notes the state that the whole balancer is in. Only a leader writes it down. */
  note(state: BalancerState, why: string | null, isLeader: boolean): Promise<void> {
    return this.#record.note(state, why, isLeader);
  }

  /** Takes over from whoever led before, this process itself included: what they published stands. */
  async enterTerm(term: number): Promise<void> {
    if (this.#term === term) return;
    const { config, world } = this.#options;
    await this.#record.save();
    await keepBalanceWorkers(
      world.store,
      this.address,
      config.workers.map(({ id }) => id),
    );
    await this.#rounds.load();
    this.#seen.clear();
    // What has changed meanwhile has waited long enough.
    this.#roster.forgetChanges(this.#roster.changes);
    this.#roster.forgetSaved();
    this.#term = term;
  }

  /**
   * Learns and publishes what is due.
   * @returns when something is due next
   * @throws TorError when the control connection is gone; the session's reason when aborted; StoreError
   */
  async step(session: Session): Promise<number> {
    const { world } = this.#options;
    const { clock } = world;
    const roster = this.#roster;
    roster.setProbed(session.isProbed);
    roster.openDescriptors(session.view.periods.map(({ slot }) => slot.period));
    roster.passTime();
    const declaredDueMs = this.#declared.read(clock.now(), session.timings);
    let nextMs = Math.min(this.#looks.start(session), roster.nextChangeMs, declaredDueMs);
    if (!session.mayPublish()) return nextMs;
    const taken = roster.changes;
    let isGathering = false;
    const { view } = session;
    const read = fetchedPeriod(view);
    // What clients read comes first. It is waited for: directories do not say which descriptor of an address they have taken.
    for (const period of [read, ...view.periods.filter((one) => one !== read)]) {
      const seen = this.#seen.get(period.slot.period.number);
      if (seen !== undefined && clock.now() < seen.nextMs && seen.what === this.#describe(period, session)) {
        nextMs = Math.min(nextMs, seen.nextMs);
        isGathering ||= seen.isGathering;
        continue;
      }
      const settledMs = this.#beganMs + session.timings.settleMs;
      // Nobody is in as long as nobody was heard of: that is no outage.
      const isWaiting = !roster.isSettled && (clock.now() < settledMs || !roster.hasAnyIn);
      if (this.#rounds.of(period.slot.period.number) === undefined && isWaiting) {
        nextMs = Math.min(nextMs, Math.max(settledMs, clock.now() + session.timings.settleMs));
        isGathering = true;
        continue;
      }
      const what = this.#describe(period, session);
      const outcome = await this.#publish(session, period);
      this.#service.note(period.slot.period.number, outcome);
      isGathering ||= outcome.isGathering;
      nextMs = Math.min(nextMs, outcome.nextMs);
      this.#seen.set(period.slot.period.number, { what, nextMs: outcome.nextMs, isGathering: outcome.isGathering });
    }
    if (!isGathering) roster.forgetChanges(taken);
    if (session.mayPublish()) {
      await this.#noteService(view);
      await this.#record.noteKeys();
      await this.#saveWorkers();
    }
    // What came while a round was under way.
    if (roster.changes.some((change) => !taken.includes(change))) return clock.now();
    return nextMs;
  }

  async #publish(session: Session, view: PeriodView): Promise<StepOutcome> {
    const { config, world } = this.#options;
    this.#superseding = new AbortController();
    this.#inRound = this.#roster.changes;
    try {
      const outcome = await publishStep(
        {
          config,
          world,
          session,
          roster: this.#roster,
          rounds: this.#rounds,
          declared: this.#declared.value,
          underWay: this.#underWay,
          superseded: this.#superseding.signal,
        },
        view,
      );
      this.#tell(view.slot.period.number, outcome);
      return outcome;
    } finally {
      this.#superseding = undefined;
    }
  }

  #tell(period: number, { problem, isKept }: StepOutcome): void {
    const { emit } = this.#options.world;
    const round = this.#rounds.of(period);
    if (isKept && round !== undefined && !this.#met.has(period))
      emit({ kind: 'round.kept', ...standingOf(this.address, round), why: 'it is what should stand there' });
    this.#met.add(period);
    if (problem !== null && this.#failed.get(period) !== problem)
      emit({ kind: 'round.failed', frontend: this.address, period, why: problem });
    if (problem === null) this.#failed.delete(period);
    else this.#failed.set(period, problem);
  }

  /** All that a period's descriptors hang on, but the time. */
  #describe({ slot }: PeriodView, { view }: Session): string {
    return `${this.#roster.version} ${view.validAfterMs} ${slot.isFetched} ${this.#declared.text}`;
  }

  /** Tells when clients are no longer served as they should be, and when they are again. */
  async #noteService({ periods }: NetworkView): Promise<void> {
    const { emit } = this.#options.world;
    if (!this.#service.decide(periods.map(({ slot }) => slot.period.number))) return;
    const service = this.#service.current;
    const why = explanations[service];
    const kind = service === 'running' ? 'frontend.recovered' : (`frontend.${service}` as const);
    emit({ kind, frontend: this.address, why });
    if (this.#record.state in explanations) await this.note(service, service === 'running' ? null : why, true);
  }

  /** The state that is written down: its own, where the balancer as a whole runs. */
  get service(): { readonly state: Service; readonly why: string | null } {
    const state = this.#service.current;
    return { state, why: state === 'running' ? null : explanations[state] };
  }

  async #saveWorkers(): Promise<void> {
    const { store, clock, ledger } = this.#options.world;
    const atMs = clock.now();
    const unsaved = [...this.#roster.takeUnsaved()];
    if (unsaved.length === 0) return;
    const rows = unsaved.map(([key, document]) => ({ key, atMs, json: JSON.stringify(document) }));
    let isWritten = false;
    try {
      isWritten = await ledger.write(`workers ${this.address}`, () => writeBalanceWorkers(store, this.address, rows));
    } finally {
      if (!isWritten) this.#roster.forgetSaved();
    }
  }
}
