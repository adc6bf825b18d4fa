// Figures of traffic in bins of whole days: what remains of series at short intervals once they are old. A day's growth of each
// counter stays exact, across restarts too; when within the day it grew is gone. Pure.
import type { FigureName } from '../model/measurements.ts';
import type { SampleRows } from './sample-rows.ts';

/** Figures that tell a relay's traffic: counters since the process's start. */
export const trafficCounters = ['readBytes', 'writtenBytes', 'onionskins', 'onionskinsDropped'] as const;
export const trafficFigures: readonly FigureName[] = [...trafficCounters, 'connections'];

export const dayMs = 86_400_000;

/** What relays had last before the rows that are binned: counters by figure, by the index that rows hold. */
export type LastFigures = ReadonlyMap<FigureName, ReadonlyMap<number, number>>;

/** What a counter that begins anew with each process grew by, from `before` on. */
const growthOf = (before: number, values: readonly number[]): number => {
  let growth = 0;
  let last = before;
  for (const value of values) {
    growth += value >= last ? value - last : value;
    last = value;
  }
  return growth;
};

/**
 * The values to keep of one day, in the places of the first, the second and the last. Whoever adds up the growth of a counter
 * that may begin anew finds the day's own: where it began anew, it seems to do so behind the day's first sample.
 */
const binCounter = (before: number, values: readonly number[]): readonly (number | undefined)[] => {
  const last = values.at(-1);
  if (last === undefined || values.length < 2) return values;
  const rest = values.slice(0, -1).map(() => undefined);
  const growth = growthOf(before, values);
  if (growth === last - before) return [...rest, last];
  const first = before + growth - last;
  if (last < first) return [first, ...rest.slice(1), last];
  return values.length === 2 ? values : [first, 0, ...rest.slice(2), last];
};

/** Of a figure that is no counter the day's mean stands at the day's end. */
const binMean = (values: readonly number[]): readonly (number | undefined)[] => [
  ...values.slice(0, -1).map(() => undefined),
  Math.round(values.reduce((sum, value) => sum + value, 0) / values.length),
];

interface Day {
  readonly relay: number;
  readonly rows: readonly number[];
}

/** Rows that have the figure, by relay and UTC day. */
const splitDays = function* (samples: SampleRows, order: Uint32Array, column: Float64Array): Generator<Day> {
  let rows: number[] = [];
  let [relay, day] = [-1, -1];
  for (const row of order) {
    if (Number.isNaN(column[row] ?? Number.NaN)) continue;
    const ownDay = Math.floor((samples.atMs[row] ?? 0) / dayMs);
    if (samples.relay[row] !== relay || ownDay !== day) {
      if (rows.length > 0) yield { relay, rows };
      rows = [];
      relay = samples.relay[row] ?? 0;
      day = ownDay;
    }
    rows.push(row);
  }
  if (rows.length > 0) yield { relay, rows };
};

/**
 * Bins the figures of traffic of whole days, in place. A relay's first counter of all stays beside that of its first day's end.
 * @param order rows by relay and time
 * @param before what was kept of the days before
 */
export const binTraffic = (samples: SampleRows, order: Uint32Array, before: LastFigures): void => {
  for (const name of trafficFigures) {
    const column = samples.figures.get(name);
    if (column === undefined) continue;
    const last = new Map(before.get(name));
    for (const { relay, rows } of splitDays(samples, order, column)) {
      const values = rows.map((row) => column[row] ?? 0);
      const known = last.get(relay);
      let kept: readonly (number | undefined)[];
      if (name === 'connections') kept = binMean(values);
      else if (known !== undefined) kept = binCounter(known, values);
      else kept = [values[0], ...binCounter(values[0] ?? 0, values.slice(1))];
      for (const [index, row] of rows.entries()) column[row] = kept[index] ?? Number.NaN;
      last.set(relay, values.at(-1) ?? 0);
    }
  }
};
