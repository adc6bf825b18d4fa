// What is known of the workers of one frontend, and how it changes by what helpers, directories and probes say. Nothing here
// waits: signals are taken in at once, and what they come to is asked for by the frontend's step.
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import type { Clock } from '../../base/clock.ts';
import type { PendingChange } from '../choose/gather.ts';
import {
  declareWorkers,
  type HealthPool,
  type HealthStep,
  hear,
  nextHealthChangeMs,
  passTime,
} from '../health/pool.ts';
import { defaultHealthRules, type HealthRules } from '../health/rules.ts';
import type { LearnMemory } from '../learn/learn-memory.ts';
import type { LearnOutcome, Refusal } from '../learn/learn-worker.ts';
import { introPointsOf, type Learnt } from '../learn/learnt.ts';
import type { HealthSignal } from '../model/health.ts';
import { pointKey } from '../model/layout.ts';
import type { WorkerPoints, WorkerState } from '../model/worker.ts';
import type { HelperHeard } from '../model/worker-helper.ts';
import type { WorkerDocument } from './documents.ts';
import type { BalanceEvent } from './event.ts';
import { HandedDescriptors, type Opened } from './handed-descriptors.ts';
import { SaveTimes } from './save-times.ts';
import type { Timings } from './timings.ts';
import {
  describeWorker,
  isOutlived,
  isReplayed,
  noteCounter,
  outlasts,
  pointsOf,
  type WorkerRecord,
} from './worker-record.ts';

export interface RosterOptions {
  /** Address of the frontend. */
  readonly frontend: string;
  readonly records: readonly WorkerRecord[];
  readonly health: HealthPool;
  readonly clock: Clock;
  readonly memory: LearnMemory;
  readonly emit: (event: BalanceEvent) => void;
}

/** Refused descriptors are written down now and then: someone may send them without end. */
const saveRefusalsEveryMs = 60_000;

export class Roster {
  readonly #options: Omit<RosterOptions, 'records' | 'health' | 'memory'>;
  readonly #records: Map<string, WorkerRecord>;
  #health: HealthPool;
  #rules: HealthRules = { ...defaultHealthRules, isProbed: false };
  readonly #handed: HandedDescriptors;
  /** Workers of which something was heard since this process began. */
  readonly #heard = new Set<string>();
  readonly #saveTimes = new SaveTimes();
  /** What has changed since the last round. */
  #changes: readonly PendingChange[] = [];
  #version = 0;
  /** What was remembered is looked at first. */
  #nextChangeMs = 0;

  constructor({ records, health, memory, ...options }: RosterOptions) {
    this.#options = options;
    this.#records = new Map(records.map((record) => [record.worker.id, record]));
    this.#handed = new HandedDescriptors({ memory, recordOf: (worker) => this.#records.get(worker) });
    this.#health = declareWorkers(health, [...this.#records.keys()], options.clock.now());
  }

  /** Another number whenever a round could come out otherwise. */
  get version(): number {
    return this.#version;
  }

  get changes(): readonly PendingChange[] {
    return this.#changes;
  }

  /** Forgets changes that a round has taken in; later ones stay. */
  forgetChanges(taken: readonly PendingChange[]): void {
    this.#changes = this.#changes.filter((change) => !taken.includes(change));
  }

  recordOf(worker: string): WorkerRecord | undefined {
    return this.#records.get(worker);
  }

  get records(): readonly WorkerRecord[] {
    return [...this.#records.values()];
  }

  stateOf(worker: string): WorkerState {
    return this.#health[worker]?.state ?? 'out';
  }

  healthOf(worker: string): HealthPool[string] | undefined {
    return this.#health[worker];
  }

  points(): WorkerPoints[] {
    return this.records.map((record) => pointsOf(record, this.stateOf(record.worker.id)));
  }

  learntOf(workers: ReadonlySet<string>): Learnt[] {
    return this.records.flatMap(({ worker, learnt }) => (workers.has(worker.id) && learnt ? [learnt] : []));
  }

  /** Whether probes are made, so that they are asked for. */
  setProbed(isProbed: boolean): void {
    if (isProbed === this.#rules.isProbed) return;
    this.#rules = { ...this.#rules, isProbed };
    this.#nextChangeMs = 0;
  }

  /** Something was heard of each worker since this process began, or it is known to be down. */
  get isSettled(): boolean {
    return this.records.every(({ worker }) => {
      const health = this.#health[worker.id];
      const isAnswered = !this.#rules.isProbed || Object.keys(health?.failures ?? {}).length > 0;
      return this.#heard.has(worker.id) && (isAnswered || health?.helper?.isUp === false);
    });
  }

  get hasAnyIn(): boolean {
    return this.records.some(({ worker }) => this.stateOf(worker.id) === 'in');
  }

  hearHelper(worker: string, heard: HelperHeard): void {
    const { atMs } = heard;
    switch (heard.kind) {
      case 'descriptor':
        this.#takeOpened(worker, this.#handed.hand(worker, heard.text, atMs));
        return;
      case 'up':
        this.hear(worker, { kind: 'helper-seen', atMs, isUp: true });
        return;
      case 'down':
        this.#heard.add(worker);
        this.#forgetProcess(worker);
        this.hear(worker, { kind: 'helper-seen', atMs, isUp: false, why: heard.why });
        return;
      case 'lost':
        this.hear(worker, { kind: 'helper-lost', atMs, why: heard.why });
    }
  }

  /** Opens what could not be opened before. @param periods that there are descriptors of now */
  openDescriptors(periods: readonly BlindingPeriod[]): void {
    for (const [worker, opened] of this.#handed.reopen(periods)) this.#takeOpened(worker, opened);
  }

  /** What a look at a worker's directories found. */
  takeLook(worker: string, { learnt, problems, refusals }: LearnOutcome, timings: Timings): void {
    const { clock } = this.#options;
    const record = this.#records.get(worker);
    if (record === undefined) return;
    this.#heard.add(worker);
    this.#records.set(worker, { ...record, problems });
    this.#refuse(worker, refusals);
    if (learnt === undefined || !this.#take(this.#records.get(worker) ?? record, learnt, 'directory')) return;
    const nowMs = clock.now();
    const validForMs = Math.min(timings.trustMs, learnt.validUntilMs - nowMs);
    this.hear(worker, { kind: 'descriptor-seen', atMs: nowMs, validForMs });
  }

  hear(worker: string, signal: HealthSignal): void {
    this.#enter(hear(this.#health, worker, signal, this.#rules));
    this.#saveTimes.note(worker);
  }

  /** Who is to be drained now, by id. */
  setDrained(workers: ReadonlySet<string>): void {
    const atMs = this.#options.clock.now();
    for (const id of this.#records.keys()) {
      const isDraining = this.#health[id]?.isDraining === true;
      if (workers.has(id) !== isDraining)
        this.hear(id, { kind: workers.has(id) ? 'drain-begun' : 'drain-ended', atMs });
    }
  }

  passTime(): void {
    const nowMs = this.#options.clock.now();
    if (nowMs < this.#nextChangeMs) return;
    this.#enter(passTime(this.#health, nowMs, this.#rules));
  }

  /** When time alone changes something next. */
  get nextChangeMs(): number {
    return this.#nextChangeMs;
  }

  /** What is to be written down, by id; asking for it marks it as written. */
  takeUnsaved(): ReadonlyMap<string, WorkerDocument> {
    const documents = new Map<string, WorkerDocument>();
    for (const id of this.#saveTimes.take(this.#options.clock.now())) {
      const record = this.#records.get(id);
      const health = this.#health[id];
      if (record !== undefined && health !== undefined) documents.set(id, describeWorker(record, health));
    }
    return documents;
  }

  /** All is to be written down: another balancer wrote before. */
  forgetSaved(): void {
    for (const id of this.#records.keys()) this.#saveTimes.noteNow(id);
  }

  #takeOpened(worker: string, opened: Opened | undefined): void {
    const record = this.#records.get(worker);
    if (opened === undefined || record === undefined) return;
    if ('refusal' in opened) this.#refuse(worker, [opened.refusal]);
    else this.#take(record, opened.found, 'helper');
  }

  /** @returns whether it was taken */
  #take(record: WorkerRecord, found: Learnt, source: 'helper' | 'directory'): boolean {
    const { emit, frontend } = this.#options;
    const { id } = record.worker;
    if (isReplayed(record, found)) {
      const why = `its counter ${found.revisionCounter} is below one that was there before`;
      this.#refuse(id, [{ reason: 'balance-replayed-descriptor', why }]);
      return false;
    }
    if (source === 'directory' && isOutlived(record, found)) return false;
    this.#heard.add(id);
    if (source === 'helper' && outlasts(record, found)) {
      this.#records.set(id, { ...record, counters: noteCounter(record, found) });
      emit({ kind: 'worker.heard', frontend, worker: id });
      return true;
    }
    const isSame = record.learnt?.points === found.points;
    const before = isSame ? [] : listKeys(record.learnt);
    const after = isSame ? [] : listKeys(found);
    const problems = source === 'helper' ? [] : record.problems;
    this.#records.set(id, { ...record, learnt: found, source, problems, counters: noteCounter(record, found) });
    emit({ kind: 'worker.heard', frontend, worker: id });
    if (before.join() !== after.join()) {
      const isReplaced = before.length > 0 && !before.some((key) => after.includes(key));
      this.#note({ kind: isReplaced ? 'points-replaced' : 'points-changed', atMs: found.learntAtMs });
      emit({ kind: 'worker.learnt', frontend, worker: id, points: after.length });
      this.#saveTimes.noteNow(id);
    }
    this.#version += traitsOf(record.learnt) === traitsOf(found) ? 0 : 1;
    this.#saveTimes.note(id);
    return true;
  }

  /** Its tor has ended: what was learnt of it before says nothing of how it comes back. */
  #forgetProcess(worker: string): void {
    const record = this.#records.get(worker);
    if (record !== undefined) this.#records.set(worker, { ...record, source: 'helper', outlived: record.counters });
  }

  #refuse(worker: string, refusals: readonly Refusal[]): void {
    const { emit, frontend } = this.#options;
    for (const refusal of refusals) {
      const record = this.#records.get(worker);
      if (record === undefined) continue;
      const refused = { ...record.refused, [refusal.reason]: (record.refused[refusal.reason] ?? 0) + 1 };
      const problems = record.problems.length > 0 ? record.problems : [refusal.why];
      this.#records.set(worker, { ...record, refused, problems });
      emit({ kind: 'descriptor.refused', frontend, worker, ...refusal });
      this.#saveTimes.note(worker, saveRefusalsEveryMs);
    }
  }

  /** Takes over what the health of workers has come to. */
  #enter({ pool, events }: HealthStep): void {
    const { emit, frontend } = this.#options;
    this.#health = pool;
    this.#nextChangeMs = nextHealthChangeMs(pool, this.#options.clock.now(), this.#rules) ?? Number.POSITIVE_INFINITY;
    for (const { kind, worker, atMs, why } of events) {
      const change = { 'worker.in': 'worker-joined', 'worker.draining': 'worker-draining' } as const;
      this.#note({ kind: kind in change ? change[kind as keyof typeof change] : 'worker-lost', atMs });
      emit({ kind: 'worker.changed', frontend, worker, state: this.stateOf(worker), why });
      this.#saveTimes.noteNow(worker);
    }
  }

  #note(change: PendingChange): void {
    this.#changes = [...this.#changes, change];
    this.#version += 1;
  }
}

const listKeys = (learnt: Learnt | undefined): string[] =>
  (learnt === undefined ? [] : introPointsOf(learnt)).map(pointKey).sort();

const traitsOf = (learnt: Learnt | undefined): string =>
  JSON.stringify([learnt?.flowControl ?? null, learnt?.isSingleOnionService ?? null]);
