// The memory of a relay while it stood under its arm's treatment: what rows say of another arm, or of the time before
// the treatment began, is not the arm's.
import { at } from '../../stats/check.ts';
import { placesInside, type Series, type TimeWindow } from '../../stats/series/series.ts';
import type { ExperimentInfo } from '../model/experiment.ts';
import { missingKib, noArm, type RelaySamples } from '../model/measurements.ts';

export interface OwnSeries extends Series {
  readonly atMs: Float64Array;
  /** VmRSS in KiB. */
  readonly values: Uint32Array;
  /** Samples left out because their row names another arm, or none although the relay's later rows name its own. */
  readonly foreign: number;
}

export const bytesPerKib = 1024;

/** Samples at or after the start of the experiment and of the arm, labelled with the arm or, since then, not at all. */
export const ownSeries = (samples: RelaySamples, info: ExperimentInfo, armIndex: number): OwnSeries => {
  const { atMs, arm: labels, rssKib } = samples;
  const startMs = Math.max(info.startMs ?? -Infinity, info.arms[armIndex]?.addedMs ?? -Infinity);
  const since = Number.isFinite(startMs)
    ? placesInside({ atMs, values: rssKib }, { fromMs: startMs, toMs: Infinity })
    : { first: 0 };
  // A relay that no row ever labels is what the assignment says from the beginning.
  const labelled = Math.max(0, labels.indexOf(armIndex));
  const first = Math.max(since.first, labelled);
  let foreign = Math.max(0, labelled - since.first);
  let clean = true;
  for (let index = first; index < atMs.length; index++) {
    const label = at(labels, index);
    const other = label !== armIndex && label !== noArm;
    if (other) foreign += 1;
    if (other || rssKib[index] === missingKib) clean = false;
  }
  if (clean) return { atMs: atMs.subarray(first), values: rssKib.subarray(first), foreign };
  const kept: number[] = [];
  for (let index = first; index < atMs.length; index++) {
    const label = at(labels, index);
    if ((label === armIndex || label === noArm) && rssKib[index] !== missingKib) kept.push(index);
  }
  return {
    atMs: Float64Array.from(kept, (index) => at(atMs, index)),
    values: Uint32Array.from(kept, (index) => at(rssKib, index)),
    foreign,
  };
};

/** The samples inside a window, without copying them. */
export const cutOwn = (series: OwnSeries, window: TimeWindow): OwnSeries => {
  const { first, end } = placesInside(series, window);
  return {
    atMs: series.atMs.subarray(first, end),
    values: series.values.subarray(first, end),
    foreign: series.foreign,
  };
};
