// Traffic of relays that were collected, from the counters of their own tor: what descriptors tell of relays that were not. Pure.
import type { RelaySamples, RelayTraffic } from '../model/measurements.ts';
import { dayMs } from './bin-traffic.ts';

/** A day with so few figures was binned, or sampled hardly more often: only the day as a whole says something. */
const fewFigures = 4;

interface Figure {
  readonly atMs: number;
  readonly bytes: number;
}

const growthOf = (before: Figure, figures: readonly Figure[]): number => {
  let growth = 0;
  let last = before.bytes;
  for (const { bytes } of figures) {
    // A counter that fell began anew: what the old process carried after its last sample is not known.
    growth += bytes >= last ? bytes - last : bytes;
    last = bytes;
  }
  return growth;
};

const byDay = ({ atMs, figures }: RelaySamples): Map<number, Figure[]> => {
  const counter = figures.get('writtenBytes');
  const days = new Map<number, Figure[]>();
  for (const [index, bytes] of counter?.entries() ?? []) {
    if (Number.isNaN(bytes)) continue;
    const ms = atMs[index] ?? 0;
    const day = Math.floor(ms / dayMs);
    const own = days.get(day);
    if (own === undefined) days.set(day, [{ atMs: ms, bytes }]);
    else own.push({ atMs: ms, bytes });
  }
  return days;
};

/**
 * Bytes a second written, each figure at the end of the time that it is of: from sample to sample, or over a whole UTC day
 * where only that is known. The time in which a counter began anew has none, but in whole days.
 */
export const trafficOfCounters = (samples: RelaySamples): RelayTraffic => {
  const atMs: number[] = [];
  const rates: number[] = [];
  const add = (from: Figure, toMs: number, bytes: number): void => {
    if (toMs <= from.atMs) return;
    atMs.push(toMs);
    rates.push((bytes * 1000) / (toMs - from.atMs));
  };
  let before: Figure | undefined;
  for (const figures of byDay(samples).values()) {
    const last = figures.at(-1);
    if (last === undefined) continue;
    if (figures.length <= fewFigures) {
      const start: Figure = before ?? figures[0] ?? last;
      add(start, last.atMs, growthOf(start, figures));
    } else
      for (const figure of figures) {
        if (before !== undefined && figure.bytes >= before.bytes) add(before, figure.atMs, figure.bytes - before.bytes);
        before = figure;
      }
    before = last;
  }
  const none = (): Float64Array => new Float64Array(atMs.length).fill(Number.NaN);
  return {
    atMs: Float64Array.from(atMs),
    observedBps: none(),
    advertisedBps: none(),
    writtenBps: Float64Array.from(rates),
  };
};
