// Runs a plan, or goes on with a run, in front of a person: progress, interrupts, what it came to, what to do next.
import type { JsonObject } from '../../base/json.ts';
import type { EngineSetup, RunResult } from '../../change/engine.ts';
import type { RunOutcome } from '../../change/event.ts';
import { readRun } from '../../change/read-run.ts';
import type { RunState } from '../../change/state.ts';
import { readOwnHolder } from '../../store/holder.ts';
import { findStoredRun } from '../../store/runs.ts';
import type { Store } from '../../store/store.ts';
import type { CommandContext } from './context.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { Fleet } from './fleet.ts';
import { kinds } from './kinds.ts';
import type { NamedRun } from './render/run-lines.ts';
import { renderSaid } from './render/said-lines.ts';
import { watchRun } from './watch-run.ts';

/** What the engine needs, from what the command line has. */
const setUp = (fleet: Fleet, context: CommandContext, stop: AbortSignal): Omit<EngineSetup, 'onEvent'> => ({
  hosts: (name) => fleet.hosts.get(name),
  store: fleet.store,
  registry: kinds(),
  clock: context.surroundings.clock,
  holder: readOwnHolder(),
  stop,
  signal: context.signal,
});

/** As it stands; undefined for a run that has yet to begin. */
const findState = async (store: Store, run: string): Promise<RunState | undefined> =>
  (await findStoredRun(store, run)) === undefined ? undefined : readRun(store, run);

/**
 * Starts `act` with progress shown, the first interrupt tied to the engine's stop, and the second to the connections: a host
 * that is down would keep a question open until its connection is given up.
 */
export const conductRun = async (
  fleet: Fleet,
  context: CommandContext,
  named: NamedRun,
  act: (setup: EngineSetup & { readonly run: string }) => Promise<RunResult>,
): Promise<RunResult> => {
  const before = await findState(fleet.store, named.run);
  const stop = new AbortController();
  const forget = context.onStopRequested(() => stop.abort());
  const watcher = watchRun(context, named, before);
  let closed: Promise<void> | undefined;
  const cutOff = (): void => {
    closed = fleet.hosts.close();
  };
  context.signal.addEventListener('abort', cutOff, { once: true });
  try {
    const onEvent: EngineSetup['onEvent'] = (event) => watcher.onEvent(event);
    return await act({ ...setUp(fleet, context, stop.signal), run: named.run, onEvent });
  } finally {
    watcher.close();
    forget();
    context.signal.removeEventListener('abort', cutOff);
    await closed;
  }
};

/** A host that did not answer: what its last step did is not known, or it could not be taken back yet. */
const isAway = ({ state }: RunResult): boolean =>
  Object.values(state.items).some(({ unknown, failure }) => unknown || failure?.kind === 'unreachable');

/** @param wanted the outcome that counts as success */
export const exitCodeOfRun = (result: RunResult, wanted: RunOutcome): ExitCode => {
  if (result.outcome === wanted) return exitCodes.done;
  if (result.outcome === 'interrupted') return exitCodes.interrupted;
  if (isAway(result)) return exitCodes.someHostsUnreachable;
  const { stopped, items } = result.state;
  if (stopped === undefined)
    return Object.values(items).some(({ failure }) => failure !== undefined)
      ? exitCodes.someHostsFailed
      : exitCodes.error;
  return stopped.failure.kind === 'refused' ? exitCodes.refused : exitCodes.someHostsFailed;
};

/** Lines on what a run came to, and which command comes next. */
export const renderResult = ({ run, outcome, state, untoldHosts }: RunResult): string[] => {
  const phases = Object.values(state.items).map(({ phase }) => phase);
  const count = (phase: string) => phases.filter((other) => other === phase).length;
  const words: Record<RunOutcome, string> = {
    done: `${count('done')} done`,
    undone: `everything is as before`,
    'failed-undone': `${count('done')} done, ${count('undone')} failed or went back with their batch, ${count('pending')} not begun`,
    failed: `${count('failed') + count('undo-failed')} neither as planned nor as before yet`,
    interrupted: `${count('done')} done, ${count('pending')} not begun`,
  };
  const failures = Object.values(state.items).flatMap(({ id, failure, phase }) =>
    failure === undefined || (outcome === 'undone' && phase === 'undone')
      ? []
      : [
          `  ${id}: ${failure.message}${failure.hint === undefined ? '' : ` (${failure.hint})`}`,
          ...renderSaid(failure.message, failure.lines).map((line) => `    ${line}`),
        ],
  );
  const next: Record<RunOutcome, string[]> = {
    done: [`undo it with 'tearless run undo ${run}'`],
    undone: [],
    'failed-undone': [
      `see 'tearless run show ${run}'; mend the cause and apply again, or take back what is done with 'tearless run undo ${run}'`,
    ],
    failed: [`go on with 'tearless run resume ${run}', or take it back with 'tearless run undo ${run}'`],
    interrupted: [`go on with 'tearless run resume ${run}', or take it back with 'tearless run undo ${run}'`],
  };
  return [
    `run ${run}: ${outcome}: ${words[outcome]}`,
    ...failures,
    ...(untoldHosts.length === 0 ? [] : [`  not told how it ended: ${untoldHosts.join(', ')}`]),
    ...next[outcome],
  ];
};

/** Each item with how far it came, for programs. */
export const listItems = ({ state }: RunResult): JsonObject[] =>
  Object.values(state.items).map(
    ({ id, phase, failure }) => JSON.parse(JSON.stringify({ id, phase, failure })) as JsonObject,
  );

/** Prints the result, as lines or as JSON. */
export const reportRun = (context: CommandContext, result: RunResult): void => {
  const { run, outcome, untoldHosts } = result;
  context.output.result(
    'tearless.run-result/v1',
    { run, outcome, items: listItems(result), untoldHosts: [...untoldHosts] },
    () => renderResult(result),
  );
};
