// How much a relay carries: what tor itself counts, across restarts of its counters.
import { at } from '../../stats/check.ts';
import type { RelaySamples } from '../model/measurements.ts';
import { dayMs, leastMeasured, type Outcome } from './outcome.ts';

/** What a counter that begins anew with each process grew by between the first and the last sample inside. */
const growthOf = (
  { atMs }: RelaySamples,
  counter: Float64Array,
  fromMs: number,
  toMs: number,
): { bytes: number; coveredMs: number } => {
  let bytes = 0;
  let first: number | undefined;
  let lastMs = 0;
  let before: number | undefined;
  for (let index = 0; index < atMs.length; index++) {
    const ms = at(atMs, index);
    const value = at(counter, index);
    if (ms < fromMs || ms > toMs || !Number.isFinite(value)) continue;
    // A counter that fell began anew: what the old process carried after its last sample is not known, and not counted.
    if (before !== undefined) bytes += value >= before ? value - before : value;
    first ??= ms;
    lastMs = ms;
    before = value;
  }
  return { bytes, coveredMs: first === undefined ? 0 : lastMs - first };
};

export const bytesCarried: Outcome = {
  id: 'bytesCarried',
  title: 'bytes carried a day',
  unit: 'bytes',
  better: 'higher',
  definition:
    'Bytes a day that tor counts as written, from the first sample to the last; after a restart its counter begins at nothing, and what the old process wrote after its last sample is not counted.',
  figureOf: ({ samples }, relay, { fromMs, toMs }) => {
    const own = samples[relay];
    const counter = own?.figures.get('writtenBytes');
    if (own === undefined || counter === undefined) return undefined;
    const { bytes, coveredMs } = growthOf(own, counter, fromMs, toMs);
    return coveredMs < leastMeasured * (toMs - fromMs) || coveredMs === 0 ? undefined : (bytes / coveredMs) * dayMs;
  },
};
