// Going back on a running process: by what its host keeps of its updates.
import type { StepContext } from '../../change/step.ts';
import { HostError } from '../../host/host-error.ts';
import type { InjectorPlan } from '../inject/encode-plan.ts';
import { InjectorError, type InjectorReport, runInjector } from '../inject/run-injector.ts';
import { LiveError } from '../live-error.ts';
import {
  doneUpdates,
  type ProcessRecord,
  planFromRecord,
  type UpdateRecord,
  writeProcessRecord,
} from '../status/process-record.ts';
import { bringInjector, hostInjector, type Signing } from './host-injector.ts';
import type { Running } from './read-running.ts';

export interface Pause {
  readonly maxPauseUs: number;
}

const findUs = 5_000_000;
/** The process may be busy; each turn waits twice as long. */
const tries = 6;
const firstWaitMs = 500;

/** Gives up on a pause and tries again rather than exceed it; what it says counts all of that. @throws LiveError as `runInjector` */
export const injectPatiently = async (
  context: StepContext,
  instance: string,
  signing: Signing,
  plan: InjectorPlan,
  { maxPauseUs }: Pause,
): Promise<InjectorReport> => {
  const door = hostInjector(context, instance, signing);
  let retries = 0;
  for (let turn = 1; ; turn++) {
    try {
      const report = await runInjector(door, { mode: plan.kind, plan, maxPauseUs, findUs });
      return { ...report, retries: retries + report.retries };
    } catch (error) {
      if (!(error instanceof InjectorError) || error.code !== 'live-inject-given-up' || turn === tries) throw error;
      retries += error.report.retries + 1;
      await context.clock.sleep(firstWaitMs * 2 ** (turn - 1), context.signal);
    }
  }
};

const targetOf = ({ look, program }: Running) => ({
  pid: look.pid,
  startTicks: look.startTicks,
  buildId: program,
});

const replaceLast = (record: ProcessRecord, update: UpdateRecord | undefined, of: UpdateRecord): ProcessRecord => ({
  ...record,
  updates: record.updates.flatMap((one) => (one !== of ? [one] : update === undefined ? [] : [update])),
});

/** What the injector says of these, everything is as before. */
const harmless: ReadonlySet<string> = new Set(
  ['refused', 'given-up', 'undone', 'denied'].map((result) => `live-inject-${result}`),
);

/** What hooks left is in memory that stays mapped. @returns undefined where nobody knows what became of it */
const leftBytesOf = (error: unknown): number | undefined => {
  if (error instanceof InjectorError && harmless.has(error.code)) return error.report.leftMappedBytes;
  // What the helper refuses never came to the injector.
  return error instanceof HostError && error.kind === 'refused' ? 0 : undefined;
};

export interface Notes {
  readonly before: ProcessRecord;
  readonly during: ProcessRecord;
  /** Where all was undone but what hooks had done by then: memory stays mapped, and objects may hold what they wrote. */
  readonly hooked: ProcessRecord;
}

/** Writes down what is about to happen, lets it happen, and writes down what was before where nothing did. */
export const notedFirst = async <T>(
  { host }: StepContext,
  signing: Signing,
  { before, during, hooked }: Notes,
  act: () => Promise<T>,
): Promise<T> => {
  await writeProcessRecord(host, during, signing);
  try {
    return await act();
  } catch (error) {
    const leftBytes = leftBytesOf(error);
    if (leftBytes !== undefined) await writeProcessRecord(host, leftBytes > 0 ? hooked : before, signing);
    throw error;
  }
};

/** How an update is moved: with the code that it left, while the host's record says that it is on its way. */
interface Move {
  readonly mode: 'apply' | 'rollback';
  readonly record: ProcessRecord;
  readonly update: UpdateRecord;
  /** Whether its hooks may run; asked once no other injector can be at it. */
  readonly runsHooks?: () => Promise<boolean>;
}

/** @returns the record after it */
const move = async (
  context: StepContext,
  instance: string,
  signing: Signing,
  running: Running,
  { mode, record, update, runsHooks = async () => true }: Move,
  pause: Pause,
): Promise<ProcessRecord> => {
  await bringInjector(context, signing);
  // What is cut off in between is taken back once more, which does no harm.
  const during = replaceLast(record, { ...update, state: 'pending' }, update);
  const notes = { before: record, during, hooked: record };
  const { pauseUs, retries } = await notedFirst(context, signing, notes, async () => {
    const plan = planFromRecord(targetOf(running), update, mode, await runsHooks());
    return injectPatiently(context, instance, signing, plan, pause);
  });
  const after =
    mode === 'apply'
      ? ({ state: 'done', pauseUs, retries } as const)
      : ({ state: 'undone', back: { pauseUs, retries } } as const);
  const moved = replaceLast(record, { ...update, ...after }, update);
  await writeProcessRecord(context.host, moved, signing);
  return moved;
};

/**
 * An update of which nobody knows whether it took place, since who made it was cut off: taken back, whatever of it is there. A
 * rollback takes bytes that are as before for right. Its hooks run only where all of its jumps stand. Writing the record waits for
 * an injector that is still at it: hosts keep nothing new meanwhile.
 * @returns the record, without it
 */
export const settlePending = async (
  context: StepContext,
  instance: string,
  signing: Signing,
  running: Running,
  isWhole: (update: UpdateRecord) => Promise<boolean>,
  pause: Pause,
): Promise<ProcessRecord | undefined> => {
  const { record } = running;
  const update = record?.updates.find(({ state }) => state === 'pending');
  if (record === undefined || update === undefined) return record;
  const runsHooks = () => isWhole(update);
  return move(context, instance, signing, running, { mode: 'rollback', record, update, runsHooks }, pause);
};

/** Takes the latest update back. @returns the record after it */
export const takeBack = async (
  context: StepContext,
  instance: string,
  signing: Signing,
  running: Running,
  pause: Pause,
): Promise<ProcessRecord> => {
  const { record } = running;
  const update = record === undefined ? undefined : doneUpdates(record).at(-1);
  if (record === undefined || update === undefined)
    throw new LiveError({
      kind: 'refused',
      code: 'live-nothing-to-undo',
      message: `${context.host.name}: the process ${running.look.pid} of tor@${instance} runs what it was started from`,
      place: 'host',
      subject: `${context.host.name}/${instance}`,
      hint: "'tearless live status' shows what relays run",
    });
  return move(context, instance, signing, running, { mode: 'rollback', record, update }, pause);
};

/** Brings an update that was taken back up once more: its code is still there. */
export const bringBack = async (
  context: StepContext,
  instance: string,
  signing: Signing,
  running: Running,
  update: UpdateRecord,
  pause: Pause,
): Promise<void> => {
  const { record } = running;
  if (record === undefined) return;
  await move(context, instance, signing, running, { mode: 'apply', record, update }, pause);
};
