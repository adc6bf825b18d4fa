// What R says of the same methods (testdata/README.md), and comparing numbers with it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

interface IntervalFigures {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface Reference {
  readonly studentQuantiles: readonly { readonly p: number; readonly df: number; readonly q: number }[];
  readonly studentCdf: readonly { readonly t: number; readonly df: number; readonly p: number }[];
  readonly normalCdf: readonly { readonly z: number; readonly p: number }[];
  readonly normalQuantiles: readonly { readonly p: number; readonly z: number }[];
  readonly arms: Readonly<
    Record<
      string,
      {
        readonly arm: readonly number[];
        readonly control: readonly number[];
        readonly mean: IntervalFigures;
        readonly mean99: readonly [number, number];
        readonly skewness: number;
        readonly difference: IntervalFigures & Readonly<Record<'df' | 'se' | 't' | 'p', number>>;
        readonly ratio: IntervalFigures & { readonly df: number };
      }
    >
  >;
  readonly series: readonly {
    readonly atMs: readonly number[];
    readonly values: readonly number[];
    readonly mean: number;
    readonly slopePerDay: number;
  }[];
  readonly permutation: {
    readonly plain: { readonly values: readonly number[]; readonly inArm: readonly boolean[]; p: number; t: number };
    readonly blocked: {
      readonly values: readonly number[];
      readonly inArm: readonly boolean[];
      readonly blocks: readonly string[];
      readonly p: number;
      readonly t: number;
      readonly assignments: number;
    };
  };
  readonly stepDown: {
    readonly values: readonly number[];
    readonly arms: readonly string[];
    readonly order: readonly string[];
    readonly adjustedP: readonly number[];
  };
  readonly imbalance: readonly {
    readonly values: readonly number[];
    readonly arms: readonly string[];
    readonly statistic: number;
    readonly p: number;
  }[];
  readonly holm: { readonly p: readonly number[]; readonly adjusted: readonly number[] };
  readonly runs: readonly {
    readonly labels: readonly string[];
    readonly runs: number;
    readonly expected: number;
    readonly p: number;
  }[];
  readonly power: readonly {
    readonly n: number;
    readonly effect: number;
    readonly alpha: number;
    readonly power: number;
  }[];
  readonly bounds: readonly {
    readonly fractions: readonly number[];
    readonly alpha: number;
    readonly critical: readonly number[];
    readonly spent: readonly number[];
  }[];
}

export const reference: Reference = JSON.parse(
  readFileSync(new URL('../testdata/reference.json', import.meta.url), 'utf8'),
);

/** Equal but for a share of the expected value (or of 1e-300, where that is 0). */
export const assertNear = (actual: number, expected: number, share: number, what = ''): void => {
  const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-300);
  assert.ok(error <= share, `${what} is ${actual}, expected ${expected}, off by a share of ${error}`);
};
