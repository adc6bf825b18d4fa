// What tearless.yaml says of an experiment whose start was taken back: without this, the next plan would begin it again.
import type { Plan } from '../../change/plan.ts';
import { readPart } from '../../change/plan-part.ts';
import { listRuns, loadRun } from '../../change/read-run.ts';
import { unstampExperiment } from '../../config/edit-experiments.ts';
import { parseConfig } from '../../config/parse.ts';
import { readConfigFile } from './config-file.ts';
import type { CommandContext } from './context.ts';
import { openJournal } from './journal-store.ts';
import { replaceFile } from './own-files.ts';

/** The experiment that a plan starts; undefined for plans of other kinds, also of its end. */
export const startedBy = ({ request }: Plan): string | undefined =>
  typeof request?.experiment === 'string' && request.conclude !== true ? request.experiment : undefined;

/** Whether another run of the same start stands: what must wait for flags comes in later ones. */
const hasOtherRun = async (context: CommandContext, name: string, run: string): Promise<boolean> => {
  await using store = await openJournal(context);
  for (const summary of await listRuns(store)) {
    if (summary.run === run || summary.outcome === 'undone' || summary.outcome === 'failed-undone') continue;
    if (startedBy(readPart((await loadRun(store, summary.run)).part).plan) === name) return true;
  }
  return false;
};

/** Takes the instants of a start out of the configuration once its run `run` was undone; says so. */
export const forgetStart = async (context: CommandContext, name: string, run: string): Promise<void> => {
  const { path, text } = readConfigFile(context);
  const experiment = parseConfig(text, path).experiments?.[name];
  if (experiment === undefined || experiment.concluded !== undefined) return;
  const stages = (await hasOtherRun(context, name, run)) ? (['started'] as const) : (['started', 'starting'] as const);
  const edited = stages.reduce((before, stage) => unstampExperiment(before, path, name, stage), text);
  if (edited === text) return;
  replaceFile(path, text, edited);
  if (!context.output.json) context.output.note(`the experiment ${name} has not begun any more: ${path} says so`);
};
