// Each arm over time, in few enough bins that a chart stays light however long the experiment was.
import type { ArmTimeline } from '../../report/experiment/experiment-report.ts';
import { meanInterval } from '../../stats/arm/arm-mean.ts';
import { fewestRelays } from '../../stats/arm/estimate.ts';
import { at } from '../../stats/check.ts';
import type { TimeWindow } from '../../stats/series/series.ts';
import { bytesPerKib } from './own-series.ts';
import type { ArmRelay } from './window.ts';

const mostBins = 400;

/** Mean of a relay's samples in each bin, in KiB; NaN where there is none. */
const binRelay = (
  { series: { atMs, values } }: ArmRelay,
  { fromMs, toMs }: TimeWindow,
  count: number,
): Float64Array => {
  const sums = new Float64Array(count);
  const counts = new Uint32Array(count);
  const perMs = count / (toMs - fromMs);
  for (let index = 0; index < atMs.length; index++) {
    const bin = Math.min(count - 1, Math.floor((at(atMs, index) - fromMs) * perMs));
    sums[bin] = (sums[bin] ?? 0) + (values[index] ?? 0);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return sums.map((sum, bin) => sum / (counts[bin] ?? 0));
};

/**
 * How many bins: relays that are sampled at different instants must all fall into each, or the mean would flicker with
 * whoever happens to be in.
 */
const countBins = (byArm: readonly (readonly ArmRelay[])[], snapshots: number): number => {
  const longest = Math.max(1, ...byArm.flat().map(({ series }) => series.atMs.length));
  return Math.max(1, snapshots > 2 * longest ? Math.min(mostBins, longest >> 1) : mostBins);
};

const spanOf = (byArm: readonly (readonly ArmRelay[])[]): TimeWindow | undefined => {
  const used = byArm.flat().filter(({ series }) => series.atMs.length > 0);
  if (used.length === 0) return undefined;
  const fromMs = Math.min(...used.map(({ series }) => at(series.atMs, 0)));
  const toMs = Math.max(...used.map(({ series }) => at(series.atMs, series.atMs.length - 1)));
  // A single instant is a bin of its own.
  return fromMs < toMs ? { fromMs, toMs } : { fromMs, toMs: fromMs + 1 };
};

/** Restarts of the arm, one for each instant, or for each bin where there are very many. */
const restartsOf = (relays: readonly ArmRelay[], { fromMs, toMs }: TimeWindow): number[] => {
  const instants = [...new Set(relays.flatMap(({ restarts }) => restarts.map(({ atMs }) => atMs)))].sort(
    (a, b) => a - b,
  );
  if (instants.length <= mostBins) return instants;
  const widthMs = (toMs - fromMs) / mostBins;
  const bins = new Map(instants.map((ms) => [Math.floor((ms - fromMs) / widthMs), ms]));
  return [...bins.values()];
};

/** @param snapshots how many instants were sampled, of all relays together */
export const armTimelines = (
  arms: readonly { readonly id: string }[],
  byArm: readonly (readonly ArmRelay[])[],
  snapshots: number,
): ArmTimeline[] => {
  const span = spanOf(byArm);
  if (span === undefined) return [];
  const count = countBins(byArm, snapshots);
  const widthMs = (span.toMs - span.fromMs) / count;
  return arms.map(({ id }, index) => {
    const relays = byArm[index] ?? [];
    const rows = relays.map((relay) => binRelay(relay, span, count));
    const bins = Array.from({ length: count }, (_, bin) => {
      const values = rows.map((row) => at(row, bin) * bytesPerKib).filter((value) => Number.isFinite(value));
      if (values.length === 0) return undefined;
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const known = values.length >= fewestRelays ? meanInterval(values) : { low: Number.NaN, high: Number.NaN };
      return { atMs: Math.round(span.fromMs + (bin + 0.5) * widthMs), mean, low: known.low, high: known.high };
    }).filter((bin) => bin !== undefined);
    return {
      arm: id,
      atMs: bins.map((bin) => bin.atMs),
      meanBytes: bins.map((bin) => bin.mean),
      lowBytes: bins.map((bin) => bin.low),
      highBytes: bins.map((bin) => bin.high),
      restartsMs: restartsOf(relays, span),
    };
  });
};
