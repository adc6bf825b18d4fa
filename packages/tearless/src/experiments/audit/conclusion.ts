// What somebody concluded from an experiment, in a small file, so that the method can be judged and not only the data.
import { z } from 'zod';
import { TearlessError } from '../../base/error.ts';

export class ConclusionError extends TearlessError {}

/** An instant as in the data: a time without a zone is read as if in UTC. */
const Instant = z
  .string()
  .transform((text) => (/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) || !text.includes('T') ? text : `${text}Z`))
  .refine((text) => Number.isFinite(Date.parse(text)), 'not a time such as 2026-01-10T06:00:01')
  .transform((text) => Date.parse(text));

const units: Readonly<Record<string, number>> = {
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
};
const sizePattern = /^(\d+(?:\.\d+)?)\s*([kmg]i?b)$/i;
const Size = z
  .string()
  .regex(sizePattern, 'not a size such as 1.63 GB or 1.52 GiB')
  .transform((text) => {
    const [, number = '', unit = ''] = sizePattern.exec(text) ?? [];
    return Number(number) * (units[unit.toLowerCase()] ?? Number.NaN);
  });

export const Conclusion = z.strictObject({
  /** `snapshot`: one instant; `mean`: plain mean of samples; `time-weighted`: each relay's mean over time. */
  method: z.enum(['snapshot', 'mean', 'time-weighted']),
  /** The instant of a snapshot. */
  instant: Instant.optional(),
  /** The stretch of time of a mean. */
  window: z.strictObject({ from: Instant, to: Instant }).optional(),
  /** What was counted as one observation. */
  unit: z.enum(['relay', 'sample']).optional(),
  /** Arms that were compared; default: all. */
  arms: z.array(z.string()).min(1).optional(),
  /** How the comparisons were corrected for being several. */
  correction: z.string().optional(),
  /** How often the data was looked at before it was concluded. */
  looks: z.int().min(1).optional(),
  /** The memory stated for each arm, `1.63 GB` or `1.52 GiB`. */
  figures: z.record(z.string(), Size).optional(),
  /** In words. */
  statement: z.string().optional(),
});
export type Conclusion = z.infer<typeof Conclusion>;

/** Whether a correction was made. */
export const isCorrected = ({ correction }: Conclusion): boolean =>
  correction !== undefined && !/^(none|no|-|)$/i.test(correction.trim());

/**
 * @param value what the file's YAML or JSON holds
 * @param file for the message
 * @param armIds arms of the experiment
 * @throws ConclusionError `conclusion-invalid`
 */
export const readConclusion = (value: unknown, file: string, armIds: readonly string[]): Conclusion => {
  const parsed = Conclusion.safeParse(value);
  const invalid = (message: string): ConclusionError =>
    new ConclusionError({
      kind: 'usage',
      code: 'conclusion-invalid',
      message: `${file}: ${message}`,
      hint: 'docs/how-to/audit-an-experiment.md shows what a conclusion file holds',
      subject: file,
    });
  if (!parsed.success)
    throw invalid(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`).join('; '),
    );
  const conclusion = parsed.data;
  const named = [...(conclusion.arms ?? []), ...Object.keys(conclusion.figures ?? {})];
  const unknown = named.find((id) => !armIds.includes(id));
  if (unknown !== undefined) throw invalid(`there is no arm ${unknown}; there are ${armIds.join(', ')}`);
  if (conclusion.method === 'snapshot' && conclusion.instant === undefined)
    throw invalid('a snapshot needs the instant that it was taken at');
  const { window } = conclusion;
  if (window !== undefined && window.to < window.from) throw invalid('the window ends before it starts');
  return conclusion;
};
