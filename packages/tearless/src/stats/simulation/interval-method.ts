// The interval methods whose coverage is simulated: those that reports use, and two that are known to be too narrow and
// that a coverage check worth its name must catch.
import { bootstrapMean, meanInterval } from '../arm/arm-mean.ts';
import type { Interval } from '../arm/estimate.ts';
import { welchDifference, welchRatio } from '../arm/welch.ts';
import { at } from '../check.ts';
import { drawNormal } from '../random/draw.ts';
import type { Random } from '../random/random.ts';
import type { Population } from './population.ts';

export interface IntervalMethod {
  readonly name: string;
  /** True for a method that must cover; false for one that is shown beside, or that must be caught. */
  readonly gated: boolean;
  truth(population: Population): number;
  /** The nominal 95 % interval from the figures of two arms of the same population. */
  interval(arm: readonly number[], control: readonly number[], population: Population, random: Random): Interval;
}

const meanOf = ({ mean }: Population): number => mean;

export const armMeanMethod: IntervalMethod = {
  name: 'arm-mean',
  gated: true,
  truth: meanOf,
  interval: (arm) => meanInterval(arm),
};
export const differenceMethod: IntervalMethod = {
  name: 'difference',
  gated: true,
  truth: () => 0,
  interval: (arm, control) => welchDifference(arm, control),
};
export const ratioMethod: IntervalMethod = {
  name: 'ratio',
  gated: true,
  truth: () => 1,
  interval: (arm, control) => welchRatio(arm, control),
};
export const bootstrapTMethod: IntervalMethod = {
  name: 'bootstrap-t',
  gated: false,
  truth: meanOf,
  interval: (arm, _control, { mean }, random) =>
    bootstrapMean(arm, random, { resamples: 999 }) ?? { low: mean, high: mean },
};

const percentileResamples = 999;
/** Quantiles of the means of resampled relays: too narrow with few relays. */
export const percentileBootstrapMethod: IntervalMethod = {
  name: 'percentile-bootstrap',
  gated: false,
  truth: meanOf,
  interval: (arm, _control, _population, random) => {
    const means = Float64Array.from({ length: percentileResamples }, () => {
      let sum = 0;
      for (let draw = 0; draw < arm.length; draw++) sum += at(arm, random.below(arm.length));
      return sum / arm.length;
    }).sort();
    const tail = Math.floor((percentileResamples + 1) * 0.025) - 1;
    return { low: at(means, tail), high: at(means, percentileResamples - 1 - tail) };
  },
};

const samplesPerRelay = 20;
/** A t interval over all samples of all relays as if they were independent: half of the spread is each relay's own. */
export const sampleLevelMethod: IntervalMethod = {
  name: 'sample-level',
  gated: false,
  truth: meanOf,
  interval: (arm, _control, { sd }, random) =>
    meanInterval(arm.flatMap((own) => Array.from({ length: samplesPerRelay }, () => own + sd * drawNormal(random)))),
};

export const reportedMethods: readonly IntervalMethod[] = [armMeanMethod, differenceMethod, ratioMethod];
export const narrowMethods: readonly IntervalMethod[] = [percentileBootstrapMethod, sampleLevelMethod];
