// The methods from samples to ratio, against SciPy, on the samples of a published experiment (testdata/README.md).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { armMean, meanInterval } from './arm/arm-mean.ts';
import type { Interval } from './arm/estimate.ts';
import { skewnessOf } from './arm/moments.ts';
import { welchDifference, welchRatio } from './arm/welch.ts';
import { randomFromSeed } from './random/random.ts';
import { theilSen } from './series/theil-sen.ts';
import { timeWeightedMean } from './series/time-weighted-mean.ts';
import { assertNear } from './testing/reference.ts';

interface Figure extends Interval {
  readonly mean: number;
}

interface Published {
  readonly arms: Readonly<
    Record<
      string,
      {
        readonly relays: number;
        readonly rssBytes: Figure;
        readonly slopeBytesPerDay: Figure;
        readonly skewness: number;
        readonly difference?: Figure;
        readonly ratio?: Figure;
        readonly welchP?: number;
      }
    >
  >;
  readonly relays: readonly {
    readonly arm: string;
    readonly atMs: readonly number[];
    readonly rssBytes: readonly number[];
    readonly mean: number;
    readonly slopeBytesPerDay: number;
  }[];
}

const published: Published = JSON.parse(
  readFileSync(new URL('./testdata/published-arms.json', import.meta.url), 'utf8'),
);

const relaysOf = (arm: string) =>
  published.relays
    .filter((relay) => relay.arm === arm)
    .map(({ atMs, rssBytes, mean, slopeBytesPerDay }) => {
      const series = { atMs, values: rssBytes };
      const own = timeWeightedMean(series)?.mean ?? Number.NaN;
      const slope = theilSen(series)?.slopePerDay ?? Number.NaN;
      assertNear(own, mean, 1e-12, 'mean of a relay');
      assertNear(slope, slopeBytesPerDay, 1e-9, 'slope of a relay');
      return { mean: own, slope };
    });

const assertFigure = (own: Figure, expected: Figure | undefined): void => {
  for (const end of ['mean', 'low', 'high'] as const) assertNear(own[end], expected?.[end] ?? Number.NaN, 1e-7, end);
};

describe('the arms of a published experiment', () => {
  const control = relaysOf('Z').map(({ mean }) => mean);
  for (const [name, expected] of Object.entries(published.arms))
    it(`arm ${name} agrees with SciPy`, () => {
      const relays = relaysOf(name);
      const means = relays.map(({ mean }) => mean);
      assert.equal(means.length, expected.relays);
      const arm = armMean(means, randomFromSeed(name));
      assert.ok(arm.kind === 'interval');
      assertFigure(arm, expected.rssBytes);
      assertNear(skewnessOf(means), expected.skewness, 1e-9);
      assertFigure(meanInterval(relays.map(({ slope }) => slope)), expected.slopeBytesPerDay);
      if (name === 'Z') return;
      const difference = welchDifference(means, control);
      assertFigure(difference, expected.difference);
      assertFigure(welchRatio(means, control), expected.ratio);
      assertNear(difference.p, expected.welchP ?? Number.NaN, 1e-7, 'p');
    });
});
