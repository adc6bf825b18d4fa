// Instants and lengths of time in the sentences of a report.

/** `2026-01-05 21:56 UTC`. */
export const formatInstant = (ms: number): string =>
  Number.isFinite(ms) && Math.abs(ms) <= 8.64e15
    ? `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
    : 'an unknown time';

/** `6 days`, `36 h`, `20 min`. */
export const formatSpan = (ms: number): string => {
  const hours = ms / 3_600_000;
  const short = (value: number): string => String(Number(value.toFixed(1)));
  if (hours >= 72) return `${short(hours / 24)} days`;
  return hours >= 2 ? `${short(hours)} h` : `${short(ms / 60_000)} min`;
};
