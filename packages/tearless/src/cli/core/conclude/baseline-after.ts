// When a baseline is due, as a person writes it: 24h, 30m, 0s.
import { parseSpan } from '../../../experiments/conclude/span.ts';
import { usageError } from '../cli-error.ts';

const dayMs = 86_400_000;

/** @returns milliseconds; a day where nothing is said. @throws CliError `cli-usage` */
export const parseBaselineAfter = (text: string | undefined): number => {
  if (text === undefined) return dayMs;
  const seconds = parseSpan(text);
  if (seconds === undefined || seconds > 365 * 86_400)
    throw usageError(`--baseline-after ${text} is no time up to a year`, 'write it as 24h or 30min');
  return seconds * 1000;
};
