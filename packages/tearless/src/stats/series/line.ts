// The straight line of least squares, for short stretches of binned series; growth that is reported is Theil-Sen's.
import { at, checkCount } from '../check.ts';

export interface Line {
  /** Per millisecond. */
  readonly slope: number;
  readonly valueAt: (ms: number) => number;
}

/** Through points `[first, end)`. @throws StatsError with fewer than two. */
export const fitLine = (atMs: readonly number[], values: readonly number[], first = 0, end = values.length): Line => {
  checkCount(end - first, 2, 'the points of a line');
  let time = 0;
  let level = 0;
  for (let index = first; index < end; index++) {
    time += at(atMs, index) - at(atMs, first);
    level += at(values, index);
  }
  const meanMs = at(atMs, first) + time / (end - first);
  const mean = level / (end - first);
  let products = 0;
  let squares = 0;
  for (let index = first; index < end; index++) {
    const offset = at(atMs, index) - meanMs;
    products += offset * (at(values, index) - mean);
    squares += offset * offset;
  }
  const slope = products / squares;
  return { slope, valueAt: (ms) => mean + slope * (ms - meanMs) };
};
