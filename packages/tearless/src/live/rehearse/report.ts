// What a rehearsal found, as it is written down and as `live apply` asks for it.
import { z } from 'zod';
import { describeIssues } from '../describe-issues.ts';
import { LiveError } from '../live-error.ts';
import { LiveCensus } from './census.ts';
import { streamKinds } from './twin-network.ts';

const Filling = z.object({ circuits: z.int(), connections: z.int(), streams: z.int() });
const Side = z.object({ version: z.string(), buildId: z.string() });

export const phaseNames = ['quiet-apply', 'quiet-rollback', 'apply', 'rollback', 'apply-again'] as const;
export type PhaseName = (typeof phaseNames)[number];

export const RehearsalReport = z.object({
  schema: z.literal('tearless.live-rehearsal/v1'),
  at: z.string(),
  from: Side,
  to: Side,
  /** SHA-256 of the file with the rules; null without one. */
  rulesSha256: z.string().nullable(),
  /** Of the relay that was rehearsed for; null where none was taken. */
  census: LiveCensus.nullable(),
  /** What the twin had. */
  reached: Filling,
  /** Those that were made, in their order. */
  phases: z.array(
    z.object({
      name: z.enum(phaseNames),
      pauseUs: z.int().nonnegative(),
      retries: z.int().nonnegative(),
    }),
  ),
  streams: z.array(
    z.object({
      kind: z.enum(streamKinds),
      /** Undefined: open and byte for byte right, to the end. */
      trouble: z.string().optional(),
      /** Of the stream of its kind beside, of which nothing was updated. */
      besideTrouble: z.string().optional(),
    }),
  ),
  /** What the relay is expected to stand still for, at most. */
  predictedPauseUs: z.int().nonnegative(),
  passed: z.boolean(),
  failures: z.array(z.string()),
});
export type RehearsalReport = z.infer<typeof RehearsalReport>;

const unfit = (path: string, why: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-rehearsal-unfit',
    message: `${path}: ${why}`,
    subject: path,
    hint: "'tearless live rehearse RELAY --to BUILD --out FILE' makes one",
  });

/** @param path for errors. @throws LiveError `live-rehearsal-unfit` */
export const parseRehearsal = (text: string, path: string): RehearsalReport => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unfit(path, error instanceof Error ? error.message : String(error));
  }
  const checked = RehearsalReport.safeParse(value);
  if (!checked.success) throw unfit(path, describeIssues(checked.error));
  return checked.data;
};

export interface Rehearsed {
  /** Build-ids of the step that is to be made. */
  readonly from: string;
  readonly to: string;
  readonly rulesSha256: string | null;
}

/** @throws LiveError `live-rehearsal-unfit` for a report of another step or other rules, or of one that failed */
export const requireRehearsal = (report: RehearsalReport, path: string, step: Rehearsed): void => {
  const { from, to, rulesSha256, passed, failures } = report;
  if (from.buildId !== step.from || to.buildId !== step.to)
    throw unfit(path, `it is about the step from ${from.version} (${from.buildId.slice(0, 16)}…) to ${to.version}`);
  if (rulesSha256 !== step.rulesSha256) throw unfit(path, 'it was made with other rules');
  if (!passed) throw unfit(path, `the rehearsal failed: ${failures.join('; ')}`);
};
