// The start of an experiment in front of a person: what was begun is finished first, then the rest is planned, shown, done and
// proved; what was reached is written into tearless.yaml and the store.
import { applyPlan, newRunId, type RunResult, resumeRun } from '../../change/engine.ts';
import type { Plan } from '../../change/plan.ts';
import { refuseStalePlan } from '../../change/plan-file.ts';
import { readPart } from '../../change/plan-part.ts';
import { listRuns, loadRun } from '../../change/read-run.ts';
import { stampExperiment, unstampExperiment } from '../../config/edit-experiments.ts';
import { findLayers, listAssigned } from '../../config/experiments.ts';
import type { ExperimentConfig } from '../../config/schema.ts';
import { isAsDrawn } from '../../experiments/design/assignment.ts';
import { judgeEligibility } from '../../experiments/design/eligibility.ts';
import { checkStart, type StartProgress } from '../../experiments/design/plan-start.ts';
import { outcomesOf } from '../../experiments/outcomes/templates.ts';
import { findStoredRun } from '../../store/runs.ts';
import { takeCollection } from './collect/take.ts';
import { chooseTargets } from './collect/targets.ts';
import { conductRun, exitCodeOfRun, renderResult } from './conduct-run.ts';
import { readConfigFile } from './config-file.ts';
import { confirm } from './confirm.ts';
import type { CommandContext } from './context.ts';
import { candidatesAmong } from './design-candidates.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { findExperimentConfig } from './experiment-config.ts';
import { startedBy } from './experiment-undone.ts';
import { type Fleet, openFleet } from './fleet.ts';
import { replaceFile } from './own-files.ts';
import type { PlanOptionValues } from './plan-options.ts';
import { makeStartPlan, readStartProgress, type StartCall, type StartPlan } from './plan-start.ts';
import { checkNameFree, recordExperiment } from './record-experiment.ts';
import { counted } from './render/experiment-lines.ts';
import { renderPlanLines } from './render/plan-lines.ts';
import { readPlanFile, writePlanFile } from './saved-plan.ts';

export interface StartRequest {
  readonly name: string;
  readonly planPath: string | undefined;
  readonly out: string | undefined;
  readonly yes: boolean;
  readonly detail: boolean;
  readonly takeOver: boolean;
  readonly request: PlanOptionValues;
  /** Where some arms take a live update: to which build. */
  readonly live: StartCall['live'];
}

interface Reached {
  readonly run: string | null;
  readonly outcome: string;
  readonly started: string | null;
  readonly restarted: readonly string[];
  readonly waiting: readonly string[];
  readonly lines: readonly string[];
}

const report = ({ output }: CommandContext, name: string, reached: Reached): void => {
  const { lines, restarted, waiting, ...rest } = reached;
  output.result(
    'tearless.experiment-start/v1',
    { experiment: name, ...rest, restarted: [...restarted], waiting: [...waiting] },
    () => lines,
  );
};

/** The run of an earlier call that did not come to its end. */
const findOpenRun = async (fleet: Fleet, name: string): Promise<{ run: string; plan: Plan } | undefined> => {
  for (const { run, state } of await listRuns(fleet.store, { fleet: fleet.config.fleet })) {
    if (state === 'finished') continue;
    const { plan } = readPart((await loadRun(fleet.store, run)).part);
    if (startedBy(plan) === name) return { run, plan };
  }
  return undefined;
};

const note = ({ output }: CommandContext, lines: readonly string[]): void => {
  if (!output.json) for (const line of lines) output.note(line);
};

const writeStamp = (fleet: Fleet, context: CommandContext, edit: (text: string) => string): void => {
  const { text } = readConfigFile(context);
  const edited = edit(text);
  if (edited !== text) replaceFile(fleet.file.path, text, edited);
};

interface Ended {
  readonly name: string;
  readonly experiment: ExperimentConfig;
  /** Undefined where nothing was left to do. */
  readonly result: RunResult | undefined;
  /** This call wrote down that it begins: with nothing done, that is taken back. */
  readonly isFirst: boolean;
  readonly live: StartCall['live'];
}

/** A run that did not come to its end: what stands is in its journal, hosts are not asked. */
const reportUnfinished = (
  fleet: Fleet,
  context: CommandContext,
  { name, experiment, isFirst }: Ended,
  result: RunResult,
): ExitCode => {
  const { run, outcome, state } = result;
  const isDone = (relay: string): boolean => state.items[relay]?.phase === 'done';
  const relays = listAssigned(experiment).map(({ relay }) => relay);
  const isAsBefore = Object.values(state.items).every(({ phase }) => phase === 'pending' || phase === 'undone');
  const takenBack = isFirst && isAsBefore && (outcome === 'failed-undone' || outcome === 'undone');
  if (takenBack) writeStamp(fleet, context, (text) => unstampExperiment(text, fleet.file.path, name, 'starting'));
  report(context, name, {
    ...{ run, outcome, started: null, restarted: relays.filter(isDone) },
    waiting: relays.filter((relay) => !isDone(relay)),
    lines: [
      ...renderResult(result),
      takenBack
        ? `${name} has not begun: every relay is as before`
        : `'tearless experiment start ${name}' goes on with what is left`,
    ],
  });
  return exitCodeOfRun(result, 'done');
};

const describeWaiting = (name: string, { restarted, waiting, timersMissing }: StartProgress): string[] => [
  `${restarted.length} of ${restarted.length + waiting.length} relays were restarted for it`,
  ...(waiting.length === 0 ? [] : [`these wait: ${waiting.join(' ')}`]),
  ...(timersMissing.length === 0 ? [] : [`timers are missing for ${timersMissing.join(' ')}`]),
  `the experiment counts as started once nothing is left: call 'tearless experiment start ${name}' again`,
];

/** Proves on the hosts what was reached, and writes it down. */
const conclude = async (fleet: Fleet, context: CommandContext, ended: Ended): Promise<ExitCode> => {
  const { name, experiment, result, live } = ended;
  const { file } = fleet;
  if (result !== undefined && result.outcome !== 'done') return reportUnfinished(fleet, context, ended, result);
  const { progress, observation } = await readStartProgress(fleet, name, experiment, live, context);
  const { restarted, waiting, timersMissing, lastRestartMs } = progress;
  const run = result?.run ?? null;
  const outcome = result?.outcome ?? 'done';
  const said = result === undefined ? [] : renderResult(result);
  if (waiting.length > 0 || timersMissing.length > 0 || lastRestartMs === undefined) {
    report(context, name, {
      ...{ run, outcome, started: null, restarted, waiting },
      lines: [...said, ...describeWaiting(name, progress)],
    });
    return exitCodes.done;
  }
  writeStamp(fleet, context, (text) => stampExperiment(text, file.path, name, 'started', lastRestartMs));
  const { clock } = context.surroundings;
  await recordExperiment(fleet.store, name, experiment, observation, { clock, startMs: lastRestartMs });
  const started = `${new Date(lastRestartMs).toISOString().slice(0, 19)}Z`;
  report(context, name, {
    ...{ run, outcome, started, restarted, waiting },
    lines: [
      ...said,
      `${name} runs since ${started} for ${counted(experiment.days, 'day')}: 'tearless collect ${name}' measures it, 'tearless experiment watch ${name}' shows how it stands`,
    ],
  });
  return exitCodes.done;
};

/** What came to stand on relays since they were assigned; once it has begun, the experiment itself stands there. */
const leftSince = (fleet: Fleet, name: string, { observation, experiment }: StartPlan): string[] => {
  const { experiments: { [name]: own, ...others } = {} } = fleet.config;
  if (own?.starting !== undefined) return [];
  const members = new Set(listAssigned(experiment).map(({ relay }) => relay));
  const candidates = candidatesAmong(fleet.desired.relays, observation);
  return judgeEligibility(candidates, findLayers({ experiments: others }))
    .obstacles.filter(({ relay }) => members.has(relay))
    .map(({ relay, code, reason }) => `${code}: ${relay} ${reason}`);
};

const warnings = (fleet: Fleet, name: string, made: StartPlan): string[] => {
  const { experiment, later } = made;
  return [
    ...leftSince(fleet, name, made),
    ...(isAsDrawn(experiment)
      ? []
      : [`the blocks of ${name} are not as its seed draws them: a report will speak of association, not of effect`]),
    ...(later.length === 0 ? [] : [`wait for a later call: ${later.join(' ')}`]),
  ];
};

/** What a restart ends is known only from a sample of the process that it ends: outcomes that count it need one right before. */
const collectBefore = async (fleet: Fleet, name: string, template: string | undefined, context: CommandContext) => {
  if (outcomesOf(template).length === 0) return;
  const targets = await chooseTargets(fleet, { name, limit: undefined });
  const { hosts, gaps } = await takeCollection(fleet, targets, context, context.surroundings.clock.now());
  const mute = hosts.flatMap(({ relays }) => relays).filter(({ figures }) => figures.connections === undefined);
  const { warn } = context.output.errorStyle;
  note(context, [
    ...gaps.map(
      ({ host, error }) =>
        `${warn('warning')} ${host}: nothing is known of its relays before the start: ${error.message}`,
    ),
    ...(mute.length === 0
      ? []
      : [
          `${warn('warning')} no figures from a MetricsPort: bytes carried and connections cut will not be known of ${mute.map(({ id }) => id).join(' ')}`,
        ]),
  ]);
};

/** @throws DesignError where it cannot start; what planning and running throw */
export const startExperiment = async (context: CommandContext, call: StartRequest): Promise<ExitCode> => {
  const { name, takeOver, live } = call;
  const { output, surroundings } = context;
  await using fleet = await openFleet(context);
  const standing = findExperimentConfig(fleet.config, name);
  checkStart(name, standing, live?.to);
  await checkNameFree(fleet.store, name, fleet.config.fleet);
  const open = await findOpenRun(fleet, name);
  if (open !== undefined) {
    note(context, [`run ${open.run} of this start is not finished: going on with it`]);
    const result = await conductRun(fleet, context, open, (setup) => resumeRun({ ...setup, takeOver }));
    if (result.outcome !== 'done')
      return await conclude(fleet, context, { name, experiment: standing, result, isFirst: false, live });
  }
  const saved = call.planPath === undefined ? undefined : await readPlanFile(context, call.planPath);
  const made = await makeStartPlan(fleet, { name, options: call.request, saved, live }, context);
  if (saved !== undefined) refuseStalePlan(saved, made.plan);
  const plan = saved ?? made.plan;
  note(context, renderPlanLines(plan, { detail: call.detail }, output.errorStyle));
  note(
    context,
    warnings(fleet, name, made).map((line) => `${output.errorStyle.warn('warning')} ${line}`),
  );
  if (call.out !== undefined) {
    writePlanFile(context, call.out, plan);
    report(context, name, {
      ...{ run: null, outcome: 'planned', started: null },
      ...{ restarted: made.progress.restarted, waiting: made.progress.waiting },
      lines: [`saved: start with 'tearless experiment start ${name} ${call.out}'`],
    });
    return exitCodes.done;
  }
  const isFirst = standing.starting === undefined;
  if (plan.items.length === 0)
    return await conclude(fleet, context, { name, experiment: made.experiment, result: undefined, isFirst, live });
  const relays = listAssigned(made.experiment).length;
  if (!call.yes && !(await confirm(context, `start ${name} on ${relays} relays of fleet ${plan.fleet}`))) {
    surroundings.stderr.write('nothing was changed\n');
    return exitCodes.done;
  }
  const { clock } = surroundings;
  const startMs = Date.parse(made.experiment.starting ?? '');
  replaceFile(fleet.file.path, fleet.file.text, made.text);
  const began = isFirst ? { beganMs: clock.now() } : {};
  const run = newRunId(clock);
  const begin = async (): Promise<RunResult> => {
    await recordExperiment(fleet.store, name, made.experiment, made.observation, { clock, startMs, ...began });
    await collectBefore(fleet, name, made.experiment.template, context);
    return conductRun(fleet, context, { run, plan }, (setup) => applyPlan({ ...setup, plan, takeOver }));
  };
  const result = await begin().catch(async (error: unknown) => {
    // Refused before it began, by a lock or an interrupt for instance: then the experiment has not begun either.
    if (isFirst && (await findStoredRun(fleet.store, run)) === undefined)
      writeStamp(fleet, context, (text) => unstampExperiment(text, fleet.file.path, name, 'starting'));
    throw error;
  });
  return await conclude(fleet, context, { name, experiment: made.experiment, result, isFirst, live });
};
