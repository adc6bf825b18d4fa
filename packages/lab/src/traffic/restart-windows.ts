// When which relay was restarted on purpose, as the one who restarts them tells it. Pure.

/** Times in milliseconds since the Unix epoch; without `toMs` the restart has not ended yet. */
export type RestartWindow = { fingerprint: string; fromMs: number; toMs?: number };

/**
 * How much later than the restart itself a cut may be noticed: the news has to travel through the circuit and through
 * tor's event loop at each hop.
 */
export const noticeMs = 1000;

export const isRestartingAt = ({ fromMs, toMs }: RestartWindow, atMs: number): boolean =>
  fromMs <= atMs && (toMs === undefined || atMs <= toMs + noticeMs);

/** The relays of `path` that were restarting at a moment. */
export const restartingOnPath = (
  windows: readonly RestartWindow[],
  path: readonly string[],
  atMs: number,
): string[] => [
  ...new Set(
    windows
      .filter((window) => path.includes(window.fingerprint) && isRestartingAt(window, atMs))
      .map(({ fingerprint }) => fingerprint),
  ),
];

/** The relays, on the path or not, that were restarting at some moment between two. */
export const restartingBetween = (windows: readonly RestartWindow[], fromMs: number, toMs: number): string[] => [
  ...new Set(
    windows
      .filter((window) => window.fromMs <= toMs && (window.toMs === undefined || window.toMs >= fromMs))
      .map(({ fingerprint }) => fingerprint),
  ),
];
