// Runs a plan, goes on with a run, takes one back. The door to this room; it prints nothing, callers subscribe to events.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { Bug } from '../base/error.ts';
import type { Host } from '../host/host.ts';
import type { Holder } from '../store/holder.ts';
import { findStoredRun, insertRun } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { applyRun } from './apply-run.ts';
import { ChangeError, isUnreachable } from './change-error.ts';
import type { HostJournal, PlanPart } from './entry-format.ts';
import { type Direction, isFinalOutcome, type RunEvent, type RunOutcome } from './event.ts';
import { readFleetLock, releaseFleetLock, takeFleetLock } from './fleet-lock.ts';
import { createFold, type RunFold } from './fold.ts';
import { readHostJournal } from './host-journal.ts';
import { type HostLock, releaseHostLock, takeHostLock } from './host-lock.ts';
import { createJournal } from './journal.ts';
import type { Plan } from './plan.ts';
import { checkPlan } from './plan-file.ts';
import { readPart, wholePart } from './plan-part.ts';
import { type LoadedRun, loadRun } from './read-run.ts';
import { bindPlan } from './registry.ts';
import { defaultLimits, type EngineLimits, type PointPlace, type Session } from './session.ts';
import type { RunState } from './state.ts';
import type { KindRegistry } from './step.ts';
import { syncRun } from './sync.ts';
import { undoBatch, undoWholeRun } from './undo-run.ts';

export interface EngineSetup {
  readonly hosts: (name: string) => Host;
  readonly store: Store;
  readonly registry: KindRegistry;
  readonly clock: Clock;
  /** Who works on the run: named in the locks. */
  readonly holder: Holder;
  /** First Ctrl-C: ends after the current step; the run can be resumed. */
  readonly stop?: AbortSignal;
  /** Second Ctrl-C: cuts off what runs; the run can be resumed. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent, atMs: number) => void;
  readonly limits?: Partial<EngineLimits>;
  /** Probe points for tests: awaited between and inside the steps. */
  readonly onPoint?: (name: string, place: PointPlace) => void | Promise<void>;
}

export interface RunResult {
  readonly run: string;
  readonly outcome: RunOutcome;
  readonly state: RunState;
  /** Hosts that could not be told how it ended; their locks yield to the next run or a resume. */
  readonly untoldHosts: readonly string[];
}

const never = new AbortController().signal;

/** `20260301-142233-9f3a`: sorts by time, fits a file name. */
const newRunId = (clock: Clock): string => {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(2).toString('hex')}`;
};

/** A subscriber's error must not end a change half way: it is kept, and thrown when the run has ended. */
const guardSubscriber = (onEvent: EngineSetup['onEvent']) => {
  let thrown: { readonly error: unknown } | undefined;
  return {
    tell: (event: RunEvent, atMs: number): void => {
      if (thrown !== undefined) return;
      try {
        onEvent?.(event, atMs);
      } catch (error) {
        thrown = { error };
      }
    },
    check: (): void => {
      if (thrown !== undefined) throw new Bug('a subscriber of the run failed', thrown.error);
    },
  };
};

const hostsOf = (plan: Plan): string[] => [...new Set(plan.items.map((item) => item.host))];

const pointOf =
  (setup: EngineSetup): Session['point'] =>
  async (name, place = {}) => {
    await setup.onPoint?.(name, place);
  };

interface Opening {
  readonly run: string;
  readonly part: PlanPart;
  readonly fold: RunFold;
  readonly recheck: boolean;
  readonly tell: (event: RunEvent, atMs: number) => void;
}

const openSession = (setup: EngineSetup, opening: Opening): Session => {
  const { run, part, fold } = opening;
  const { plan } = readPart(part);
  const abort = setup.signal ?? never;
  return {
    run,
    plan,
    fold,
    clock: setup.clock,
    limits: { ...defaultLimits, ...setup.limits },
    journal: createJournal({
      store: setup.store,
      run,
      session: randomBytes(6).toString('hex'),
      clock: setup.clock,
      part,
      fold,
      hosts: setup.hosts,
      onEvent: opening.tell,
    }),
    items: bindPlan(setup.registry, plan),
    hosts: setup.hosts,
    abort,
    stop: setup.stop === undefined ? abort : AbortSignal.any([abort, setup.stop]),
    halt: new AbortController(),
    recheck: opening.recheck,
    point: pointOf(setup),
  };
};

interface HostLocks {
  readonly taken: readonly string[];
  readonly errors: readonly unknown[];
}

const takeHostLocks = async (setup: EngineSetup, plan: Plan, run: string, takeOver: boolean): Promise<HostLocks> => {
  const lock: HostLock = { run, fleet: plan.fleet, sinceMs: setup.clock.now(), holder: setup.holder };
  const taken: string[] = [];
  const errors: unknown[] = [];
  const isFinal = async (other: string): Promise<boolean> =>
    isFinalOutcome((await findStoredRun(setup.store, other))?.outcome as RunOutcome | undefined);
  await Promise.all(
    hostsOf(plan).map(async (name) => {
      try {
        await takeHostLock(setup.hosts(name), lock, takeOver, isFinal);
        taken.push(name);
      } catch (error) {
        errors.push(error);
      }
    }),
  );
  return { taken, errors };
};

/** Gives up the locks of these hosts. @returns those that could not be told */
const releaseHostLocks = async (setup: EngineSetup, names: readonly string[], run: string): Promise<string[]> => {
  const untold: string[] = [];
  await Promise.all(
    names.map(async (name) => {
      try {
        await releaseHostLock(setup.hosts(name), run);
      } catch {
        untold.push(name); // Reported in the result; the next run finds this one finished and takes the lock.
      }
    }),
  );
  return untold;
};

/** What refuses comes before what merely cannot be reached: it says who holds the lock. */
const worstOf = (errors: readonly unknown[]): unknown => errors.find((error) => !isUnreachable(error)) ?? errors[0];

const finish = async (setup: EngineSetup, session: Session, outcome: RunOutcome): Promise<RunResult> => {
  const { journal, run, plan } = session;
  await session.point('before-finish');
  await journal.record({ kind: 'run.finished', outcome });
  await session.point('after-own-finish');
  const untold = new Set<string>();
  for (const host of journal.begunHosts()) if (!(await journal.offer(host))) untold.add(host);
  await session.point('after-finish');
  if (isFinalOutcome(outcome)) {
    for (const host of await releaseHostLocks(setup, hostsOf(plan), run)) untold.add(host);
    await session.point('before-fleet-release');
    await releaseFleetLock(setup.store, plan.fleet, run);
  }
  return { run, outcome, state: session.fold.state(), untoldHosts: [...untold].sort() };
};

export interface ApplyOptions extends EngineSetup {
  readonly plan: Plan;
  /** The run's name; made from the time when absent. */
  readonly run?: string;
}

/**
 * Executes a plan. Resolves however it ended; what was begun and not finished keeps its locks.
 * @throws ChangeError before anything is touched: `change-locked`, `change-plan-invalid`, `change-kind-unknown`;
 *   HostError when a host cannot be reached for its lock; StoreError when the journal can no longer be written
 */
export const applyPlan = async (options: ApplyOptions): Promise<RunResult> => {
  const { store, clock, holder } = options;
  const plan = checkPlan(options.plan, `plan ${options.plan.id}`);
  const run = options.run ?? newRunId(clock);
  const part = wholePart(plan);
  const subscriber = guardSubscriber(options.onEvent);
  const fold = createFold({ run, plan, missingItems: [], startedMs: clock.now() });
  const session = openSession(options, { run, part, fold, recheck: false, tell: subscriber.tell });
  await takeFleetLock(store, clock, { fleet: plan.fleet, run, holder, takeOver: false });
  await session.point('after-fleet-lock');
  const locks = await takeHostLocks(options, plan, run, false);
  await session.point('after-host-locks');
  try {
    if (locks.errors.length > 0) throw worstOf(locks.errors);
    await insertRun(store, { run, fleet: plan.fleet, createdMs: clock.now(), plan: JSON.stringify(part) }, []);
  } catch (error) {
    await releaseHostLocks(options, locks.taken, run);
    await releaseFleetLock(store, plan.fleet, run);
    throw error;
  }
  await session.journal.record({ kind: 'run.started', fleet: plan.fleet, digest: plan.digest, by: holder });
  await session.point('run-started');
  const result = await finish(options, session, await applyRun(session));
  subscriber.check();
  return result;
};

export interface ContinueOptions extends EngineSetup {
  readonly run: string;
  /** Takes locks from a holder on another machine, which cannot be seen from here: a person says that it is gone. */
  readonly takeOver?: boolean;
}

/** Reads the journals of the hosts whose lock we hold. */
const readJournals = async (
  setup: EngineSetup,
  names: readonly string[],
  run: string,
): Promise<ReadonlyMap<string, HostJournal>> =>
  new Map(await Promise.all(names.map(async (name) => [name, await readHostJournal(setup.hosts(name), run)] as const)));

const refuseUnknownItems = (run: string, missing: readonly string[]): void => {
  if (missing.length === 0) return;
  throw new ChangeError({
    kind: 'refused',
    code: 'change-run-incomplete',
    message: `run ${run} cannot be resumed here: the plan's ${missing.slice(0, 5).join(', ')} ${missing.length > 5 ? `and ${missing.length - 5} more ` : ''}are not known on this machine`,
    hint: `undo it with \`tearless run undo ${run}\`, or resume it on the machine that started it`,
    subject: run,
  });
};

const proceed = (session: Session, state: RunState, direction: Direction): Promise<RunOutcome> => {
  if (direction === 'undo' || state.undo?.scope === 'run') return undoWholeRun(session);
  const batch = state.undo?.batch ?? state.stopped?.batch;
  if (batch !== undefined) return undoBatch(session, batch);
  refuseUnknownItems(session.run, state.missingItems);
  return applyRun(session);
};

const isSettled = (state: RunState, direction: Direction): boolean =>
  isFinalOutcome(state.outcome) && (direction === 'apply' || state.outcome === 'undone');

const settledResult = (loaded: LoadedRun): RunResult => {
  const state = loaded.fold.state();
  if (state.outcome === undefined) throw new Bug(`run ${loaded.run} has no outcome`);
  return { run: loaded.run, outcome: state.outcome, state, untoldHosts: [] };
};

const continueRun = async (options: ContinueOptions, direction: Direction): Promise<RunResult> => {
  const { store, clock, holder, run } = options;
  const takeOver = options.takeOver ?? false;
  const known = await loadRun(store, run);
  const { plan } = readPart(known.part);
  // One that ended, but was killed before it had told its hosts and given up its locks, still has that to do.
  const holds = (await readFleetLock(store, plan.fleet))?.run === run;
  if (isSettled(known.fold.state(), direction) && !holds) return settledResult(known);
  bindPlan(options.registry, plan);
  await takeFleetLock(store, clock, { fleet: plan.fleet, run, holder, takeOver });
  const locks = await takeHostLocks(options, plan, run, takeOver);
  // An undo takes back what it can; the items of a host that stays away fail and can be undone later.
  const fatal = locks.errors.filter((error) => direction === 'apply' || !isUnreachable(error));
  if (fatal.length > 0) throw worstOf(fatal);
  const findings = await syncRun(store, known, await readJournals(options, locks.taken, run));
  const loaded = await loadRun(store, run);
  const subscriber = guardSubscriber(options.onEvent);
  const { part, fold } = loaded;
  const session = openSession(options, { run, part, fold, recheck: takeOver, tell: subscriber.tell });
  for (const finding of findings) session.journal.adopt(finding.host, finding);
  const state = fold.state();
  if (isSettled(state, direction)) return finish(options, session, state.outcome ?? 'done');
  await session.journal.record({ kind: 'run.resumed', direction, by: holder });
  await session.point('run-resumed');
  const outcome = await proceed(session, state, direction);
  const whole = outcome === 'undone' && state.missingItems.length > 0 ? 'failed' : outcome;
  const result = await finish(options, session, whole);
  subscriber.check();
  return result;
};

/**
 * Goes on with a run from its journal, in the direction it had: what was going back goes back. A finished run is left
 * as it is.
 * @throws ChangeError `change-run-unknown`, `change-locked`, `change-run-incomplete`; HostError; StoreError
 */
export const resumeRun = (options: ContinueOptions): Promise<RunResult> => continueRun(options, 'apply');

/**
 * Takes a whole run back, finished or not, batches in reverse.
 * @throws ChangeError `change-run-unknown`, `change-locked`; HostError; StoreError
 */
export const undoRun = (options: ContinueOptions): Promise<RunResult> => continueRun(options, 'undo');
