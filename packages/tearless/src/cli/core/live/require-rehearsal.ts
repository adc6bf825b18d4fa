// Before relays are updated live: that each step of the plan was rehearsed, with the same rules, and passed.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { sha256Hex } from '../../../base/json.ts';
import type { Plan } from '../../../change/plan.ts';
import { parseRehearsal, type RehearsalReport, requireRehearsal } from '../../../live/rehearse/report.ts';
import { usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';

export interface RehearsalOptions {
  readonly rehearsal?: string;
  readonly 'no-rehearsal'?: boolean;
  readonly rules?: string;
}

/** Said aloud or shown. @returns the report's path; undefined where it was done without. @throws CliError `cli-usage` */
export const readRehearsalOptions = (
  { surroundings }: CommandContext,
  { rehearsal, 'no-rehearsal': without }: RehearsalOptions,
): string | undefined => {
  if (rehearsal !== undefined && without === true) throw usageError('--rehearsal and --no-rehearsal', 'one of both');
  if (rehearsal !== undefined) return resolve(surroundings.cwd, rehearsal);
  if (without === true) return undefined;
  throw usageError(
    'was it rehearsed?',
    "--rehearsal FILE, which 'tearless live rehearse RELAY --to BUILD --out FILE' writes, or --no-rehearsal",
  );
};

/** Each once: build-ids of what runs and what it becomes. */
const stepsOf = ({ items }: Plan): { readonly from: string; readonly to: string }[] => {
  const injected = items.flatMap(({ steps }) => steps.filter(({ kind }) => kind === 'live.inject'));
  const steps = injected.map(({ params }) => ({ from: String(params.from), to: String(params.to) }));
  return [...new Map(steps.map((step) => [`${step.from} ${step.to}`, step])).values()];
};

/** @throws LiveError `live-rehearsal-unfit` */
export const requireRehearsed = (
  { surroundings }: CommandContext,
  plan: Plan,
  path: string,
  rules: string | undefined,
): void => {
  let report: RehearsalReport;
  try {
    report = parseRehearsal(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw usageError(`there is no ${path}`, "'tearless live rehearse' writes it with --out");
  }
  const rulesSha256 = rules === undefined ? null : sha256Hex(readFileSync(resolve(surroundings.cwd, rules)));
  for (const { from, to } of stepsOf(plan)) requireRehearsal(report, path, { from, to, rulesSha256 });
};
