// Runs a plan, goes on with a run, takes one back. The door to this room; it prints nothing, callers subscribe to events.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { Bug } from '../base/error.ts';
import { insertRun } from '../store/runs.ts';
import { applyRun } from './apply-run.ts';
import { ChangeError, isUnreachable } from './change-error.ts';
import { type EngineSetup, guardSubscriber, openSession, withStableHosts } from './engine-setup.ts';
import type { HostJournal } from './entry-format.ts';
import { type Direction, isFinalOutcome, type RunOutcome } from './event.ts';
import { readFleetLock, releaseFleetLock, takeFleetLock } from './fleet-lock.ts';
import { createFold } from './fold.ts';
import { readHostJournal } from './host-journal.ts';
import { checkUndoObstacles } from './obstacles.ts';
import type { Plan } from './plan.ts';
import { checkPlan } from './plan-file.ts';
import { hostsOf, readPart, wholePart } from './plan-part.ts';
import { type LoadedRun, loadRun } from './read-run.ts';
import { bindPlan } from './registry.ts';
import { releaseHostLocks, takeHostLocks, worstOf } from './run-locks.ts';
import type { Session } from './session.ts';
import type { RunState } from './state.ts';
import { syncRun } from './sync.ts';
import { undoBatch, undoWholeRun } from './undo-run.ts';

export type { EngineSetup } from './engine-setup.ts';

export interface RunResult {
  readonly run: string;
  readonly outcome: RunOutcome;
  readonly state: RunState;
  /** Hosts that could not be asked or told how it ended; their locks yield to the next run or a resume. */
  readonly untoldHosts: readonly string[];
}

/** `20260301-142233-9f3a`: sorts by time, fits a file name. */
export const newRunId = (clock: Clock): string => {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(2).toString('hex')}`;
};

const finish = async (
  setup: EngineSetup,
  session: Session,
  outcome: RunOutcome,
  lostHosts: readonly string[] = [],
): Promise<RunResult> => {
  const { journal, run, plan } = session;
  await session.point('before-finish');
  await journal.record({ kind: 'run.finished', outcome });
  await session.point('after-own-finish');
  const untold = new Set(lostHosts);
  // Who cuts a run off does not want to wait for a host; a resume tells it.
  if (!session.abort.aborted) {
    const tell = async (host: string): Promise<void> => {
      if (!(await journal.offer(host))) untold.add(host);
    };
    await Promise.all(journal.begunHosts().map(tell));
  }
  await session.point('after-finish');
  if (isFinalOutcome(outcome)) {
    for (const host of await releaseHostLocks(setup, hostsOf(session.part), run)) untold.add(host);
    await session.point('before-fleet-release');
    await releaseFleetLock(setup.store, plan.fleet, run);
  }
  return { run, outcome, state: session.fold.state(), untoldHosts: [...untold].sort() };
};

export interface ApplyOptions extends EngineSetup {
  readonly plan: Plan;
  /** The run's name; made from the time when absent. */
  readonly run?: string;
  /** Takes locks of runs that never began from holders elsewhere: a person says that they are gone. */
  readonly takeOver?: boolean;
}

/**
 * Executes a plan. Resolves however it ended; what was begun and not finished keeps its locks.
 * @throws ChangeError before anything is touched: `change-locked`, `change-plan-invalid`, `change-kind-unknown`;
 *   HostError when a host cannot be reached for its lock; StoreError when the journal can no longer be written
 */
export const applyPlan = async (given: ApplyOptions): Promise<RunResult> => {
  const options = withStableHosts(given);
  const { store, clock, holder } = options;
  const plan = checkPlan(options.plan, `plan ${options.plan.id}`);
  const run = options.run ?? newRunId(clock);
  const takeOver = options.takeOver ?? false;
  const part = wholePart(plan);
  const subscriber = guardSubscriber(options.onEvent);
  const fold = createFold({ run, plan, missingItems: [], startedMs: clock.now() });
  const session = openSession(options, { run, part, fold, recheck: false, tell: subscriber.tell });
  await takeFleetLock(store, clock, { fleet: plan.fleet, run, holder, takeOver });
  await session.point('after-fleet-lock');
  const locks = await takeHostLocks(options, part, run, takeOver);
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

/** A run that was going back as a whole goes on doing so, whatever it is asked. */
const directionOf = (state: RunState, direction: Direction): Direction =>
  state.undo?.scope === 'run' ? 'undo' : direction;

/** The failed batch that goes back, where one does and the rest stays as it is. */
const openBatch = ({ undo, stopped }: RunState): number | undefined =>
  undo?.scope === 'batch' ? undo.batch : stopped?.batch;

/** Going forward needs the whole plan; going back only what the hosts remember. */
const refuseUnknownItems = (state: RunState, direction: Direction): void => {
  const { run, missingItems: missing } = state;
  if (missing.length === 0 || directionOf(state, direction) === 'undo' || openBatch(state) !== undefined) return;
  throw new ChangeError({
    kind: 'refused',
    code: 'change-run-incomplete',
    message: `run ${run} cannot be resumed here: the plan's ${missing.slice(0, 5).join(', ')} ${missing.length > 5 ? `and ${missing.length - 5} more ` : ''}are not known on this machine`,
    hint: `undo it with \`tearless run undo ${run}\`, or resume it on the machine that started it`,
    subject: run,
  });
};

const proceed = (session: Session, state: RunState, direction: Direction): Promise<RunOutcome> => {
  if (directionOf(state, direction) === 'undo') return undoWholeRun(session);
  const batch = openBatch(state);
  if (batch !== undefined) return undoBatch(session, batch);
  return applyRun(session);
};

const isSettled = (state: RunState, direction: Direction): boolean =>
  isFinalOutcome(state.outcome) && (direction === 'apply' || state.outcome === 'undone');

const settledResult = (loaded: LoadedRun): RunResult => {
  const state = loaded.fold.state();
  if (state.outcome === undefined) throw new Bug(`run ${loaded.run} has no outcome`);
  return { run: loaded.run, outcome: state.outcome, state, untoldHosts: [] };
};

const continueRun = async (given: ContinueOptions, direction: Direction): Promise<RunResult> => {
  const options = withStableHosts(given);
  const { store, clock, holder, run } = options;
  const takeOver = options.takeOver ?? false;
  const known = await loadRun(store, run);
  const { plan } = readPart(known.part);
  // One that ended, but was killed before it had told its hosts and given up its locks, still has that to do.
  const holds = (await readFleetLock(store, plan.fleet))?.run === run;
  if (isSettled(known.fold.state(), direction) && !holds) return settledResult(known);
  bindPlan(options.registry, plan);
  refuseUnknownItems(known.fold.state(), direction);
  await takeFleetLock(store, clock, { fleet: plan.fleet, run, holder, takeOver });
  const locks = await takeHostLocks(options, known.part, run, takeOver);
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
  if (directionOf(state, direction) === 'undo') {
    try {
      await checkUndoObstacles(session, locks.lost);
    } catch (error) {
      // Nothing was touched: a run that was finished is so still, and holds nothing.
      if (isFinalOutcome(state.outcome)) {
        await releaseHostLocks(options, locks.taken, run);
        await releaseFleetLock(store, plan.fleet, run);
      }
      throw error;
    }
  }
  await session.journal.record({ kind: 'run.resumed', direction: directionOf(state, direction), by: holder });
  await session.point('run-resumed');
  const outcome = await proceed(session, state, direction);
  // A host that answered and has no journal never saw the run: its items are as they were, known here or not.
  const unasked = part.outline.some(({ id, host }) => state.missingItems.includes(id) && locks.lost.includes(host));
  const result = await finish(options, session, isFinalOutcome(outcome) && unasked ? 'failed' : outcome, locks.lost);
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
 * @throws ChangeError `change-run-unknown`, `change-locked`, and before anything is touched what keeps a step from going
 * back (`change-package-in-use`, `change-file-newer`); HostError; StoreError
 */
export const undoRun = (options: ContinueOptions): Promise<RunResult> => continueRun(options, 'undo');
