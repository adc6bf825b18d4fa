// Errors of the statistics: a figure was asked for that the numbers handed in cannot give.
import { TearlessError } from '../base/error.ts';

/** Codes are `stats-…`. Statistics either return finite numbers or throw this: never NaN. */
export class StatsError extends TearlessError {
  constructor(code: `stats-${string}`, message: string, hint?: string) {
    super({ kind: 'refused', code, message, ...(hint === undefined ? {} : { hint }) });
  }
}
