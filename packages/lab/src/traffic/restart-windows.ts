// When which relay was restarted on purpose, as the one who restarts them tells it. Pure.

/** Times in milliseconds since the Unix epoch; without `toMs` the restart has not ended yet. */
export type RestartWindow = { fingerprint: string; fromMs: number; toMs?: number };

/**
 * How much later than the restart itself a cut may be noticed: the news has to travel through the circuit and through
 * tor's event loop at each hop.
 */
export const noticeMs = 1000;

const overlaps = (
  { fromMs, toMs = Number.POSITIVE_INFINITY }: RestartWindow,
  startMs: number,
  endMs: number,
): boolean => fromMs <= endMs && startMs <= toMs;

/** True when a relay of `path` was restarting at some moment between `aliveMs` and `cutMs`, or a notice before. */
export const isPlanned = (
  windows: readonly RestartWindow[],
  path: readonly string[],
  aliveMs: number,
  cutMs: number,
): boolean =>
  windows.some((window) => path.includes(window.fingerprint) && overlaps(window, aliveMs - noticeMs, cutMs));

/** The relays, on the path or not, that were restarting at some moment between two. */
export const restartingBetween = (windows: readonly RestartWindow[], fromMs: number, toMs: number): string[] => [
  ...new Set(windows.filter((window) => overlaps(window, fromMs, toMs)).map(({ fingerprint }) => fingerprint)),
];
