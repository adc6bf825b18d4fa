// Lengths of time, names and windows in the sentences of a report; figures are worded by report/experiment/figures.ts.
import type { ArmEstimate, ReportWindow } from '../../report/experiment/experiment-report.ts';
import type { TimeWindow } from '../../stats/series/series.ts';

/** `6 days`, `36 h`, `20 min`. */
export const formatSpan = (ms: number): string => {
  const hours = ms / 3_600_000;
  const short = (value: number): string => String(Number(value.toFixed(1)));
  if (hours >= 72) return `${short(hours / 24)} days`;
  return hours >= 2 ? `${short(hours)} h` : `${short(ms / 60_000)} min`;
};

export const reportWindow = ({ fromMs, toMs }: TimeWindow): ReportWindow => ({
  from: new Date(fromMs).toISOString(),
  to: new Date(toMs).toISOString(),
});

/** `a`, `a and b`, `a, b and 3 more`. */
export const formatNames = (names: readonly string[], most = 6): string => {
  if (names.length <= 1) return names[0] ?? '';
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names;
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
};

/** `1.50 GB (95 % interval 1.42 GB to 1.58 GB)`, without the bracket where there is none. */
export const formatEstimate = ({ mean, low, high }: ArmEstimate, format: (value: number) => string): string =>
  low === null || high === null ? format(mean) : `${format(mean)} (95 % interval ${format(low)} to ${format(high)})`;
