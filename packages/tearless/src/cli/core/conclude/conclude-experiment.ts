// The end of an experiment in front of a person: found, planned, shown, prepared, done, proved, written down.

import { sha256Hex } from '../../../base/json.ts';
import { applyPlan, newRunId, type RunResult, resumeRun } from '../../../change/engine.ts';
import type { Plan } from '../../../change/plan.ts';
import { readPart } from '../../../change/plan-part.ts';
import { listRuns, loadRun } from '../../../change/read-run.ts';
import { loadMeasurements } from '../../../experiments/load/load-measurements.ts';
import type { Measurements } from '../../../experiments/model/measurements.ts';
import { usageError } from '../cli-error.ts';
import { conductRun, exitCodeOfRun, renderResult } from '../conduct-run.ts';
import { confirm } from '../confirm.ts';
import type { CommandContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Fleet, openFleet } from '../fleet.ts';
import { replaceFile } from '../own-files.ts';
import { installTimer, type TimerOutcome } from '../own-timer/own-timer.ts';
import { requestOptions } from '../plan-options.ts';
import { renderChecklistLines, renderLeavings } from '../render/conclude-lines.ts';
import { renderPlanLines } from '../render/plan-lines.ts';
import { readPlanFile, writePlanFile } from '../saved-plan.ts';
import { takeBaseline } from './baseline.ts';
import { baselineTimer, removeBaselineTimer } from './baseline-timer.ts';
import { finishConclusion } from './finish.ts';
import { addNote, readConclusion } from './notes.ts';
import { type ConcludeWishes, type ConclusionPlan, makeConclusionPlan, stageConclusion } from './plan-conclusion.ts';
import { keepBackups, prepareConclusion } from './prepare.ts';
import { takeBack } from './take-back.ts';

export interface ConcludeCall extends ConcludeWishes {
  readonly name: string;
  readonly planPath: string | undefined;
  readonly out: string | undefined;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly detail: boolean;
  readonly takeOver: boolean;
  readonly baseline: boolean;
  readonly baselineTimer: boolean;
  readonly undo: boolean;
  readonly baselineAfterMs: number;
  readonly keep: readonly string[];
  readonly archive: string | undefined;
}

const schema = 'tearless.experiment-conclusion/v1';

const note = ({ output }: CommandContext, lines: readonly string[]): void => {
  if (!output.json) for (const line of lines) output.note(line);
};

const json = <T>(value: T) => JSON.parse(JSON.stringify(value));

/** The run of an earlier call that did not come to its end. */
const findOpenRun = async (fleet: Fleet, name: string): Promise<{ run: string; plan: Plan } | undefined> => {
  for (const { run, state } of await listRuns(fleet.store, { fleet: fleet.config.fleet })) {
    if (state === 'finished') continue;
    const { plan } = readPart((await loadRun(fleet.store, run)).part);
    if (plan.request?.experiment === name && plan.request.conclude === true) return { run, plan };
  }
  return undefined;
};

/** Options of a saved plan stand in it; others beside it would make it another plan. */
const wishesOf = (saved: Plan | undefined, call: ConcludeCall): ConcludeWishes => {
  if (saved === undefined) return call;
  const extra = [
    ...(call.target === undefined ? [] : ['--target']),
    ...(call.leave.length === 0 ? [] : ['--leave']),
    ...(call.remove.length === 0 ? [] : ['--remove']),
    ...Object.keys(call.request)
      .filter((name) => name in requestOptions)
      .map((name) => `--${name}`),
  ];
  if (extra.length > 0)
    throw usageError(`a saved plan is applied as it is: ${extra.join(', ')} cannot change it`, 'plan again with them');
  const { target, leave, remove, monitoring, experiment, conclude, ...request } = saved.request ?? {};
  if (conclude !== true || experiment !== call.name)
    throw usageError(`${call.planPath} does not conclude ${call.name}`, `'--out' of this command saves such a plan`);
  const names = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  return {
    target: typeof target === 'string' ? target : undefined,
    leave: names(leave),
    remove: names(remove),
    monitoring: monitoring !== false,
    request,
  };
};

const show = (context: CommandContext, { plan, missing }: ConclusionPlan, detail: boolean): void => {
  const { errorStyle } = context.output;
  if (missing.length > 0)
    note(context, [
      `${errorStyle.warn('warning')} not declared in tearless.yaml, and left alone: ${missing.join(', ')}`,
    ]);
  note(context, renderPlanLines(plan, { detail }, errorStyle));
};

const renderDue = (id: string, dueMs: number, timer: TimerOutcome | undefined): string => {
  const due = `the baseline is due ${new Date(dueMs).toISOString().slice(0, 19)}Z`;
  return timer?.done === true
    ? `${due}: ${timer.timer} takes it`
    : `${due}: 'tearless experiment conclude ${id} --baseline' takes it`;
};

/** Looks at everything anew, ticks the list, writes it beside the data. */
const finish = async (
  fleet: Fleet,
  context: CommandContext,
  measurements: Measurements,
  call: ConcludeCall,
  result: RunResult | undefined,
): Promise<ExitCode> => {
  const { id } = measurements.info;
  const { output, surroundings } = context;
  const state = await readConclusion(fleet.store, id);
  const run = result?.run ?? null;
  const outcome = result?.outcome ?? 'done';
  const said = result === undefined ? [] : renderResult(result);
  const { prepared } = state;
  if (prepared === undefined) {
    output.result(schema, { experiment: id, run, outcome, checklist: [], document: null }, () => [
      ...said,
      `nothing of ${id} is left on its hosts, and its relays are as declared`,
    ]);
    return result === undefined ? exitCodes.done : exitCodeOfRun(result, 'done');
  }
  const staged = stageConclusion(fleet, measurements, call.target ?? prepared.target, surroundings.clock.now());
  const { lines, document } = await finishConclusion(
    fleet,
    { measurements, staged, state: { ...state, prepared } },
    context,
  );
  const open = lines.filter((line) => line.state === 'open');
  const dueMs = state.baseline === undefined ? state.dueMs : undefined;
  const timer =
    dueMs !== undefined && call.baselineTimer
      ? await installTimer(context, baselineTimer(fleet, context, id, dueMs), call)
      : undefined;
  output.result(
    schema,
    { experiment: id, run, outcome, checklist: json(lines), document, open: open.map((line) => line.id) },
    () => [
      ...said,
      ...renderChecklistLines(lines, output.style),
      `kept as ${document}`,
      ...(dueMs === undefined ? [] : [renderDue(id, dueMs, timer)]),
    ],
  );
  if (result !== undefined && result.outcome !== 'done') return exitCodeOfRun(result, 'done');
  return open.every((line) => line.id === 'baseline') ? exitCodes.done : exitCodes.findings;
};

/** @throws what planning, collecting and running throw; CliError where the archive cannot be kept */
export const concludeExperiment = async (context: CommandContext, call: ConcludeCall): Promise<ExitCode> => {
  const { name, takeOver } = call;
  const { output, surroundings } = context;
  const { clock } = surroundings;
  await using fleet = await openFleet(context);
  if (call.undo) return await takeBack(fleet, context, call);
  const measurements = await loadMeasurements(fleet.store, name);
  if (call.baseline) {
    const state = await readConclusion(fleet.store, name);
    const staged = stageConclusion(fleet, measurements, state.prepared?.target, clock.now());
    await takeBaseline(fleet, name, staged.experiment.armOf, state, context);
    await removeBaselineTimer(fleet, context, name);
    return await finish(fleet, context, measurements, call, undefined);
  }
  const open = await findOpenRun(fleet, name);
  let resumed: RunResult | undefined;
  if (open !== undefined && !call.dryRun && call.out === undefined) {
    note(context, [`run ${open.run} of this end is not finished: going on with it`]);
    resumed = await conductRun(fleet, context, open, (setup) => resumeRun({ ...setup, takeOver }));
    if (resumed.outcome !== 'done') return await finish(fleet, context, measurements, call, resumed);
  }
  const saved = call.planPath === undefined ? undefined : await readPlanFile(context, call.planPath);
  const before = await readConclusion(fleet.store, name);
  const asked = wishesOf(saved, call);
  const wishes = {
    ...asked,
    target: asked.target ?? before.prepared?.target,
    monitoring: asked.monitoring && before.prepared?.monitoring !== false,
  };
  const conclusion = await makeConclusionPlan(fleet, measurements, wishes, context, saved, (found) =>
    note(context, renderLeavings(found, output.errorStyle)),
  );
  const { plan, leavings } = conclusion;
  show(context, conclusion, call.detail);
  if (call.out !== undefined || call.dryRun) {
    if (call.out !== undefined) writePlanFile(context, call.out, plan);
    const { out } = call;
    output.result(
      schema,
      {
        experiment: name,
        run: null,
        outcome: 'planned',
        leavings: json(leavings),
        plan: { id: plan.id, items: plan.items.length, batches: json(plan.batches), restarts: plan.cost.restarts },
      },
      () => [
        out === undefined
          ? 'nothing was changed'
          : `saved: conclude with 'tearless experiment conclude ${name} ${out}'`,
      ],
    );
    return exitCodes.done;
  }
  if (plan.items.length === 0 && before.prepared === undefined && conclusion.text === fleet.file.text)
    return await finish(fleet, context, measurements, { ...call, ...wishes }, undefined);
  if (plan.items.length > 0 && !call.yes) {
    const relays = conclusion.experiment.armOf.size;
    if (!(await confirm(context, `conclude ${name} on ${relays} relays of fleet ${plan.fleet}`))) {
      surroundings.stderr.write('nothing was changed\n');
      return exitCodes.done;
    }
  }
  await prepare(fleet, context, conclusion, call, wishes);
  const configAfterSha256 = sha256Hex(conclusion.text);
  if (conclusion.text !== fleet.file.text) replaceFile(fleet.file.path, fleet.file.text, conclusion.text);
  if (plan.items.length === 0) {
    await noteDue(fleet, context, call);
    return await finish(fleet, context, measurements, { ...call, ...wishes }, resumed);
  }
  const run = newRunId(clock);
  await addNote(fleet.store, name, clock.now(), { kind: 'run', run, configAfterSha256 });
  const result = await conductRun(fleet, context, { run, plan }, (setup) => applyPlan({ ...setup, plan, takeOver }));
  if (result.outcome === 'done') await noteDue(fleet, context, call);
  return await finish(fleet, context, measurements, { ...call, ...wishes }, result);
};

/** When the baseline is due counts from the last change; also where an earlier call was cut off before it said so. */
const noteDue = async (
  fleet: Fleet,
  { surroundings: { clock } }: CommandContext,
  call: ConcludeCall,
): Promise<void> => {
  const { runs, dueMs, baseline } = await readConclusion(fleet.store, call.name);
  if (runs.length === 0 || dueMs !== undefined || baseline !== undefined) return;
  const nowMs = clock.now();
  await addNote(fleet.store, call.name, nowMs, { kind: 'baseline-due', dueMs: nowMs + call.baselineAfterMs });
};

/** Once for an end, however many calls it takes; later calls add backups of what only they change. */
const prepare = async (
  fleet: Fleet,
  context: CommandContext,
  conclusion: ConclusionPlan,
  call: ConcludeCall,
  { target, monitoring }: ConcludeWishes,
): Promise<void> => {
  const { name } = call;
  const { clock } = context.surroundings;
  const { prepared } = await readConclusion(fleet.store, name);
  if (prepared !== undefined) {
    const already = new Set(prepared.backups);
    await keepBackups(prepared.directory, fleet, conclusion, already);
    return;
  }
  const preparation = await prepareConclusion(fleet, conclusion, call, context);
  await addNote(fleet.store, name, clock.now(), {
    kind: 'prepared',
    atMs: clock.now(),
    ...(target === undefined ? {} : { target }),
    monitoring,
    collection: { hosts: [...preparation.collection.hosts], gaps: [...preparation.collection.gaps] },
    directory: preparation.archive.directory,
    charts: [...preparation.archive.charts],
    backups: [...preparation.archive.backups],
    leavings: [...conclusion.leavings],
    configSha256: sha256Hex(fleet.file.text),
  });
};
