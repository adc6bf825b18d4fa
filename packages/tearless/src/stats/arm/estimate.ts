// A figure with what is known about its error.

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A figure and its interval, both in the unit of the values. */
export interface Estimate extends Interval {
  /** The figure itself: a mean, a difference of means or a ratio of means. */
  readonly mean: number;
  /** Of the figure, or of its logarithm for a ratio. */
  readonly standardError: number;
  readonly degreesOfFreedom: number;
}

/** With fewer relays, values are shown one by one and no interval is given. */
export const fewestRelays = 5;
/** From this skewness on (either side), a bootstrap-t interval stands beside the t interval, and both are flagged. */
export const flaggedSkewness = 1;
/** One minus the coverage asked for, unless said otherwise. */
export const defaultAlpha = 0.05;
