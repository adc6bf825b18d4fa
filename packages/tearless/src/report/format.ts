// Figures as people read them.

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, three figures: `431 MB`, `1.20 GB`, `−38.0 kB`. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 0) return `−${formatBytes(-bytes)}`;
  const whole = bytes < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3));
  // What rounds up to a thousand belongs to the next unit: 999.6 MB is 1.00 GB.
  const power = whole < byteUnits.length - 1 && bytes / 1000 ** whole >= 999.5 ? whole + 1 : whole;
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value.toFixed(0) : value.toPrecision(3)} ${byteUnits[power]}`;
};

/** `840 ms`, `12.3 s`, `4 min 5 s`. */
export const formatDuration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/** `14:02:11` in UTC. */
export const formatTime = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** `2026-01-09 14:02 UTC`. */
export const formatInstant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** `2026-01-09 14:02:11 UTC`: for rows, of which several may fall into one minute. */
export const formatSecond = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** Change from `before` to `after` in per cent with its sign: `−38 %`. */
export const formatChange = (before: number, after: number): string => {
  if (before === 0) return '';
  const percent = Math.round((after / before - 1) * 100);
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent)} %`;
};
