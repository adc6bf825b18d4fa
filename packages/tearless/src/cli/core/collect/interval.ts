// Intervals as people write them: 30s, 5m, 2h.
import { usageError } from '../cli-error.ts';

const units = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** How often is sampled where nobody says otherwise; the interval of most published series. */
export const usualEveryMs = 5 * 60_000;

/** @throws CliError `cli-usage`; between 1 s and 24 h */
export const parseInterval = (text: string): number => {
  const [, count = '', unit = ''] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(count) * (units[unit as keyof typeof units] ?? Number.NaN);
  if (!(ms >= 1000 && ms <= 86_400_000))
    throw usageError(`--every ${text} is no interval from 1s to 24h`, 'write it as 30s, 5m or 1h');
  return ms;
};
