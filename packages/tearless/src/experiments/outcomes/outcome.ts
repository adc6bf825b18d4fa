// What a template looks at besides memory: one figure a relay over a window, as every analysis here has it. Values only.
import type { TimeWindow } from '../../stats/series/series.ts';
import type { Measurements } from '../model/measurements.ts';

export type OutcomeUnit = 'hours' | 'bytes' | 'connections';

export interface Outcome {
  readonly id: string;
  /** For people: `hours as HSDir a day`. */
  readonly title: string;
  readonly unit: OutcomeUnit;
  readonly better: 'higher' | 'lower';
  /** What exactly is counted, in a sentence or two. */
  readonly definition: string;
  /** Of the relay at this place in `measurements.relays`; undefined where too little was measured, never a guess. */
  readonly figureOf: (measurements: Measurements, relay: number, window: TimeWindow) => number | undefined;
}

/** Less than this of a window measured says nothing of the whole. */
export const leastMeasured = 0.5;
export const dayMs = 86_400_000;
