// Which workers' directories are to be looked at, and when. A worker whose helper speaks is not looked at: its word is faster,
// and guards see less. But while tor's own word is of the period before the one that clients read, and the worker publishes,
// its directories have the descriptor whose points last.
import type { WorkerMemory } from '../health/memory.ts';
import type { LearnMemory } from '../learn/learn-memory.ts';
import { isConnectionLost, learnWorker } from '../learn/learn-worker.ts';
import { fetchedPeriod } from '../learn/network-view.ts';
import type { LookLine } from './look-line.ts';
import type { Roster } from './roster.ts';
import type { FrontendWorld, Session } from './session.ts';
import type { Timings } from './timings.ts';
import type { WorkerRecord } from './worker-record.ts';

export interface LooksOptions {
  readonly roster: Roster;
  readonly world: FrontendWorld;
  readonly memory: LearnMemory;
  /** The roster knows more than before, or another time is the next one at which a look is due. */
  readonly onLook: () => void;
}

export class Looks {
  readonly #options: LooksOptions;
  /** By id of the worker. */
  readonly #dueMs = new Map<string, number>();
  /** Those that wait for their turn, too. */
  readonly #running = new Set<string>();
  readonly #beganMs: number;
  #period: number | undefined;
  /** As it was given last. */
  #session: Session | undefined;

  constructor(options: LooksOptions) {
    this.#options = options;
    this.#beganMs = options.world.clock.now();
  }

  /** Has those that are due begun; they go on by themselves. @returns when the next one is due */
  start(session: Session): number {
    const { roster, world } = this.#options;
    this.#session = session;
    const period = fetchedPeriod(session.view).slot.period.number;
    // What was learnt is of the period before.
    if (this.#period !== period) this.#dueMs.clear();
    this.#period = period;
    const nowMs = world.clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const record of roster.records) {
      if (this.#running.has(record.worker.id)) continue;
      const dueMs = this.#due(record, roster.healthOf(record.worker.id), session.timings);
      if (dueMs === undefined) continue;
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs);
      else this.#wait(record.worker.id, session.looks);
    }
    return nextMs;
  }

  #wait(id: string, line: LookLine): void {
    this.#running.add(id);
    line.add({ begin: () => this.#begin(id), dismiss: () => this.#running.delete(id) });
  }

  /** Whoever has waited for long may be due no more: its helper speaks again. The network may be another, too. */
  async #begin(id: string): Promise<void> {
    const { roster, world, onLook } = this.#options;
    const record = roster.recordOf(id);
    const session = this.#session;
    const dueMs = record && session && this.#due(record, roster.healthOf(id), session.timings);
    if (record !== undefined && session !== undefined && dueMs !== undefined && dueMs <= world.clock.now())
      return this.#look(session, record).catch(session.fail);
    this.#running.delete(id);
    onLook();
  }

  /** Undefined while the worker's helper speaks. */
  #due(
    { worker, learnt, source }: WorkerRecord,
    health: WorkerMemory | undefined,
    timings: Timings,
  ): number | undefined {
    const dueMs = this.#dueMs.get(worker.id) ?? 0;
    if (worker.helper === undefined) return dueMs;
    const helper = health?.helper ?? null;
    if (helper !== null && helper.lostMs === null) {
      const isOfBefore = learnt !== undefined && (learnt.period.number < (this.#period ?? 0) || source === 'directory');
      return helper.isUp && isOfBefore && worker.privateKeys === undefined ? dueMs : undefined;
    }
    return Math.max(dueMs, (helper?.lostMs ?? this.#beganMs) + timings.helperGraceMs);
  }

  async #look(session: Session, { worker, learnt: known }: WorkerRecord): Promise<void> {
    const { roster, world, memory, onLook } = this.#options;
    const { id, onionAddress: address } = worker;
    let isFruitless = true;
    let isCut = false;
    try {
      const outcome = await learnWorker({ ...session, ...world, address, known, memory });
      // Where a helper is, directories may have nothing ever.
      isFruitless = outcome.learnt === undefined && worker.helper !== undefined;
      roster.takeLook(id, outcome, session.timings);
      onLook();
    } catch (error) {
      // The session's end is told by its signal.
      isCut = session.signal.aborted || isConnectionLost(error);
      if (!isCut) throw error;
    } finally {
      this.#running.delete(id);
      const factor = (isFruitless ? 2 : 1) * (0.8 + 0.4 * world.random.uniform());
      // One that was cut off says nothing of the worker: it is due as it was, when there is a connection again.
      if (!isCut) this.#dueMs.set(id, world.clock.now() + session.timings.pollMs * factor);
    }
  }
}
