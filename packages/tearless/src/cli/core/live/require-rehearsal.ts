// Before relays are updated live: that each step of the plan was rehearsed, with the same rules, and passed.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Plan } from '../../../change/plan.ts';
import { parseRehearsal, requireRehearsal } from '../../../live/rehearse/report.ts';
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

const Injected = z.object({ from: z.string(), to: z.string(), rules: z.object({ sha256: z.string() }).nullable() });

/** Build-ids of what runs and what it becomes, and the rules that the plan has, which are those that relays get. */
const stepsOf = ({ items }: Plan) => {
  const injected = items.flatMap(({ steps }) => steps.filter(({ kind }) => kind === 'live.inject'));
  return injected.flatMap(({ params }) => {
    const { from, to, rules } = Injected.parse(params);
    // One that runs it already takes no code: what was in doubt is settled.
    return from === to ? [] : [{ from, to, rulesSha256: rules?.sha256 ?? null }];
  });
};

const readReport = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw usageError(
      code === 'ENOENT' ? `there is no ${path}` : `${path} cannot be read: ${message}`,
      "'tearless live rehearse' writes it with --out",
    );
  }
};

/** @throws LiveError `live-rehearsal-unfit`, CliError `cli-usage` where it cannot be read */
export const requireRehearsed = (plan: Plan, path: string): void => {
  const report = parseRehearsal(readReport(path), path);
  for (const step of stepsOf(plan)) requireRehearsal(report, path, step);
};
