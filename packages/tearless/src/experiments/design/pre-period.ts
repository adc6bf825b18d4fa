// What each relay was like before the experiment: memory by day from samples that were collected, or as it is right now.
import { medianInPlace } from '../../stats/series/select.ts';
import { timeWeightedMean } from '../../stats/series/time-weighted-mean.ts';
import { type Measurements, missingKib, type RelaySamples } from '../model/measurements.ts';
import { bytesCarried } from '../outcomes/bytes-carried.ts';
import { dayMs } from '../outcomes/outcome.ts';
import type { Candidate } from './candidate.ts';

export interface PrePeriod {
  /** Mean memory over the whole time before. */
  readonly memoryBytes?: number;
  /** One a whole day that was measured, the last one last; at most one where there is only one reading. */
  readonly dailyBytes: readonly number[];
  /** Bytes a second where it was measured, else the consensus weight: only its order counts. */
  readonly bandwidth?: number;
}

/** Older samples tell of another load. */
const longestDays = 28;
/** A day counts when samples cover so much of it. */
const fullDay = 0.75;

const memorySeries = ({ atMs, rssKib }: RelaySamples, fromMs: number) => {
  const places = Array.from(atMs.keys()).filter(
    (index) => rssKib[index] !== missingKib && (atMs[index] ?? 0) >= fromMs,
  );
  return {
    atMs: Float64Array.from(places, (index) => atMs[index] ?? 0),
    values: Float64Array.from(places, (index) => (rssKib[index] ?? 0) * 1024),
  };
};

const dailyMeans = (series: ReturnType<typeof memorySeries>): number[] => {
  const last = series.atMs.at(-1);
  const first = series.atMs[0];
  if (first === undefined || last === undefined) return [];
  const means: number[] = [];
  // Days are counted back from the last sample: the newest day is whole, whenever it is that somebody designs.
  for (let toMs = last; toMs - dayMs >= first - dayMs * (1 - fullDay); toMs -= dayMs) {
    const mean = timeWeightedMean(series, { fromMs: toMs - dayMs, toMs });
    if (mean !== undefined && mean.coveredMs >= fullDay * dayMs) means.unshift(mean.mean);
  }
  return means;
};

const medianOf = (values: Float64Array): number | undefined => {
  const known = values.filter((value) => Number.isFinite(value));
  return known.length === 0 ? undefined : medianInPlace(known);
};

/** What tor itself counted as written, where samples have it. */
const countedBps = (measurements: Measurements, relay: number): number | undefined => {
  const atMs = measurements.samples[relay]?.atMs;
  const [fromMs, toMs] = [atMs?.[0] ?? 0, atMs?.at(-1) ?? 0];
  const perDay = bytesCarried.figureOf(measurements, relay, { fromMs, toMs });
  return perDay === undefined ? undefined : (perDay * 1000) / dayMs;
};

/** From samples that were collected before, by the ids that the experiment's relays have there. */
export const prePeriodFromSamples = (measurements: Measurements): Map<string, PrePeriod> => {
  const lastMs = measurements.snapshots.at(-1) ?? 0;
  return new Map(
    measurements.relays.flatMap(({ id }, index): [string, PrePeriod][] => {
      const samples = measurements.samples[index];
      if (samples === undefined) return [];
      const series = memorySeries(samples, lastMs - longestDays * dayMs);
      const memory = timeWeightedMean(series)?.mean;
      if (memory === undefined) return [];
      const traffic = measurements.traffic[index];
      const toldBps =
        traffic === undefined ? undefined : (medianOf(traffic.writtenBps) ?? medianOf(traffic.observedBps));
      const bandwidth = toldBps ?? countedBps(measurements, index);
      return [
        [
          id,
          { memoryBytes: memory, dailyBytes: dailyMeans(series), ...(bandwidth === undefined ? {} : { bandwidth }) },
        ],
      ];
    }),
  );
};

/** What one reading of the facts gives, under what samples give. */
export const readPrePeriod = (
  candidates: readonly Candidate[],
  sampled: ReadonlyMap<string, PrePeriod>,
): Map<string, PrePeriod> =>
  new Map(
    candidates.map(({ relay, instance, weight }) => {
      const before = sampled.get(relay.id);
      const now = instance.process?.memory.rssBytes;
      const memoryBytes = before?.memoryBytes ?? now;
      const bandwidth = before?.bandwidth ?? weight;
      return [
        relay.id,
        {
          dailyBytes: before?.dailyBytes ?? [],
          ...(memoryBytes === undefined ? {} : { memoryBytes }),
          ...(bandwidth === undefined ? {} : { bandwidth }),
        },
      ];
    }),
  );
