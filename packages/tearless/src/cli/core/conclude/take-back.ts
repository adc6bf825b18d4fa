// An end taken back whole: its runs from the newest to the oldest, batches in reverse behind gates, then the configuration as it
// was, where nobody changed it since.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../../base/json.ts';
import { type RunResult, undoRun } from '../../../change/engine.ts';
import { readPart } from '../../../change/plan-part.ts';
import { loadRun } from '../../../change/read-run.ts';
import { refusal } from '../cli-error.ts';
import { conductRun, exitCodeOfRun, reportRun } from '../conduct-run.ts';
import { readConfigFile } from '../config-file.ts';
import { confirm } from '../confirm.ts';
import type { CommandContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Fleet } from '../fleet.ts';
import { replaceFile } from '../own-files.ts';
import { removeBaselineTimer } from './baseline-timer.ts';
import { readConclusion } from './notes.ts';

export interface TakeBackCall {
  readonly name: string;
  readonly yes: boolean;
  readonly takeOver: boolean;
}

const restoreConfig = (
  context: CommandContext,
  directory: string,
  formerSha256: string,
  afterSha256: string | undefined,
): void => {
  const { path, text } = readConfigFile(context);
  const backup = join(directory, 'backup', 'tearless.yaml');
  if (sha256Hex(text) === formerSha256) return;
  const former = readFileSync(backup, 'utf8');
  if (sha256Hex(text) !== afterSha256 || sha256Hex(former) !== formerSha256) {
    context.output.note(`${path} was changed since: take over by hand what you want of ${backup}`);
    return;
  }
  replaceFile(path, text, former);
  context.output.note(`${path} is as before`);
};

/** @throws CliError `conclude-not-begun` */
export const takeBack = async (fleet: Fleet, context: CommandContext, call: TakeBackCall): Promise<ExitCode> => {
  const { name, yes, takeOver } = call;
  const { prepared, runs, configAfterSha256 } = await readConclusion(fleet.store, name);
  if (prepared === undefined || runs.length === 0)
    throw refusal({
      code: 'conclude-not-begun',
      message: `experiment ${name} has not been concluded, or its end was taken back already`,
      subject: name,
      hint: "'tearless run ls' shows what was done",
    });
  if (!yes && !(await confirm(context, `take back the end of ${name}: ${runs.length} runs`))) {
    context.output.note('nothing was changed');
    return exitCodes.done;
  }
  let last: RunResult | undefined;
  for (const run of [...runs].reverse()) {
    const { plan } = readPart((await loadRun(fleet.store, run)).part);
    last = await conductRun(fleet, context, { run, plan }, (setup) => undoRun({ ...setup, takeOver }));
    if (last.outcome !== 'undone') break;
  }
  if (last === undefined) return exitCodes.done;
  if (last.outcome === 'undone') {
    restoreConfig(context, prepared.directory, prepared.configSha256, configAfterSha256);
    await removeBaselineTimer(fleet, context, name);
  }
  reportRun(context, last);
  return exitCodeOfRun(last, 'undone');
};
