// Which relays may restart together, and when: batches by count, by the share of the network that is down at once, and by
// how many HSDirs a fleet may lose within 96 hours. Pure; the operator's own order is kept unless flags shall be spared.
import { hsDirUptimeHours } from './flags.ts';
import { addShares, fits, type NetworkShare } from './weight.ts';

export interface RestartCandidate {
  /** `host/relay`. */
  readonly id: string;
  readonly share: NetworkShare;
  /** Has HSDir and will lose it. */
  readonly losesHsDir: boolean;
  /** Loses any flag. */
  readonly losesFlags: boolean;
}

export interface ScheduleLimits {
  /** Largest size of each batch; the last one repeats. At least one. */
  readonly batchSizes: readonly number[];
  /** Fraction of the network's guard, exit or HSDir weight down at once; undefined: no such limit (lab). */
  readonly weightDown: number | undefined;
  /** Fraction of the fleet's HSDirs that may lose the flag within 96 h; undefined: confirmed, or no such limit (lab). */
  readonly hsDirLoss: number | undefined;
  /** How many relays of the whole fleet, changed or not, have HSDir now. */
  readonly fleetHsDirs: number;
  /** How many of the fleet lost HSDir in the last 96 h and have not got it back. */
  readonly recentHsDirLosses: number;
  /** Relays that lose nothing go first. */
  readonly avoidFlagLoss: boolean;
}

export interface Schedule {
  /** What may run now, batch after batch. */
  readonly batches: readonly (readonly string[])[];
  /** What must wait because too many HSDirs would be gone: earliest hours from now, in order. */
  readonly later: readonly { readonly afterHours: number; readonly ids: readonly string[] }[];
  /** Relays that alone are more of the network than may be down at once: they stand in batches of their own. */
  readonly tooHeavy: readonly string[];
}

/**
 * How many HSDirs may go within 96 h: a fraction rounded down, but at least one, or a small fleet could never restart.
 */
export const hsDirBudget = ({ hsDirLoss, fleetHsDirs, recentHsDirLosses }: ScheduleLimits): number => {
  if (hsDirLoss === undefined) return Number.POSITIVE_INFINITY;
  const known = fleetHsDirs + recentHsDirLosses;
  return Math.max(0, Math.max(1, Math.floor(known * hsDirLoss + 1e-9)) - recentHsDirLosses);
};

const splitBatches = (
  candidates: readonly RestartCandidate[],
  { batchSizes, weightDown }: ScheduleLimits,
): { batches: string[][]; tooHeavy: string[] } => {
  const batches: RestartCandidate[][] = [];
  const tooHeavy: string[] = [];
  let current: RestartCandidate[] = [];
  for (const candidate of candidates) {
    const size = batchSizes[Math.min(batches.length, batchSizes.length - 1)] ?? 1;
    const limit = weightDown ?? Number.POSITIVE_INFINITY;
    const fitsHere = fits(
      current.map(({ share }) => share),
      candidate.share,
      limit,
    );
    if (current.length > 0 && (current.length >= size || !fitsHere)) {
      batches.push(current);
      current = [];
    }
    if (!fits([], candidate.share, limit)) tooHeavy.push(candidate.id);
    current.push(candidate);
  }
  if (current.length > 0) batches.push(current);
  return { batches: batches.map((batch) => batch.map(({ id }) => id)), tooHeavy };
};

/** @param candidates in the order in which they shall restart */
export const scheduleRestarts = (candidates: readonly RestartCandidate[], limits: ScheduleLimits): Schedule => {
  const ordered = limits.avoidFlagLoss
    ? [...candidates.filter(({ losesFlags }) => !losesFlags), ...candidates.filter(({ losesFlags }) => losesFlags)]
    : candidates;
  const now: RestartCandidate[] = [];
  const waiting: string[] = [];
  let left = hsDirBudget(limits);
  for (const candidate of ordered) {
    if (candidate.losesHsDir && left < 1) waiting.push(candidate.id);
    else {
      if (candidate.losesHsDir) left -= 1;
      now.push(candidate);
    }
  }
  const perWindow = hsDirBudget({
    ...limits,
    fleetHsDirs: limits.fleetHsDirs + limits.recentHsDirLosses,
    recentHsDirLosses: 0,
  });
  const later: { afterHours: number; ids: string[] }[] = [];
  for (let from = 0; from < waiting.length; from += perWindow) {
    later.push({ afterHours: hsDirUptimeHours * (later.length + 1), ids: waiting.slice(from, from + perWindow) });
  }
  return { ...splitBatches(now, limits), later };
};

/** The largest share of the network that any batch takes down, for the plan's summary. */
export const largestShareDown = (
  batches: readonly (readonly string[])[],
  shareOf: (id: string) => NetworkShare,
): NetworkShare => {
  const sums = batches.map((batch) => addShares(batch.map(shareOf)));
  const largest = (position: keyof NetworkShare): number => Math.max(0, ...sums.map((sum) => sum[position]));
  return { guard: largest('guard'), exit: largest('exit'), hsDir: largest('hsDir') };
};
