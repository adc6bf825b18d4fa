import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../random/random.ts';
import { assertNear, reference } from '../testing/reference.ts';
import { armMean, bootstrapMean, meanInterval } from './arm-mean.ts';
import { compareArms } from './compare-arms.ts';
import { momentsOf, skewnessOf } from './moments.ts';
import { bearsRatio, welchDifference, welchRatio } from './welch.ts';

const random = () => randomFromSeed('arm');

describe('one arm', () => {
  for (const [name, { arm, mean, mean99, skewness }] of Object.entries(reference.arms))
    it(`mean, interval and skewness agree with R: ${name}`, () => {
      const own = armMean(arm, random());
      assert.ok(own.kind === 'interval');
      for (const end of ['mean', 'low', 'high'] as const) assertNear(own[end], mean[end], 1e-10, end);
      assertNear(own.skewness, skewness, 1e-9);
      const wide = meanInterval(arm, 0.01);
      assertNear(wide.low, mean99[0], 1e-10);
      assertNear(wide.high, mean99[1], 1e-10);
    });

  it('below five relays shows the values and no interval', () => {
    assert.deepEqual(armMean([3, 1, 2, 4], random()), { kind: 'raw', relays: 4, values: [1, 2, 3, 4] });
    assert.deepEqual(armMean([], random()), { kind: 'raw', relays: 0, values: [] });
    assert.equal(armMean([3, 1, 2, 4, 5], random()).kind, 'interval');
  });

  it('flags a skewness above 1 on either side and gives a bootstrap-t interval beside', () => {
    const lopsided = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.7, 4.2];
    for (const values of [lopsided, lopsided.map((value) => -value)]) {
      const arm = armMean(values, random());
      assert.ok(arm.kind === 'interval' && arm.skewed && arm.bootstrapT !== undefined);
      const longSide = values[7] === 4.2 ? arm.bootstrapT.high - arm.mean : arm.mean - arm.bootstrapT.low;
      assert.ok(longSide > arm.high - arm.mean, 'reaches farther than the t interval to the side of the long tail');
    }
    const even = armMean([1, 2, 3, 4, 5, 6], random());
    assert.ok(even.kind === 'interval' && !even.skewed && even.bootstrapT === undefined);
  });

  it('gives the same bootstrap from the same seed', () => {
    const values = [1, 2, 3, 4, 50];
    assert.deepEqual(bootstrapMean(values, random()), bootstrapMean(values, random()));
  });

  it('without spread has an interval of no width, and no skewness', () => {
    const values = new Array<number>(7).fill(0.1);
    const arm = armMean(values, random());
    assert.ok(arm.kind === 'interval');
    assert.deepEqual([arm.mean, arm.low, arm.high, arm.skewness], [0.1, 0.1, 0.1, 0]);
    assert.equal(bootstrapMean(values, random()), undefined);
    assert.equal(momentsOf(values).variance, 0);
  });

  it('refuses what is not a number', () => {
    assert.throws(() => armMean([1, 2, Number.NaN, 4, 5], random()), {
      code: 'stats-not-finite',
      message: /number 3 of 5/,
    });
    assert.throws(() => meanInterval([1]), { code: 'stats-too-few' });
    assert.throws(() => skewnessOf([1, 2]), { code: 'stats-too-few' });
    assert.throws(() => meanInterval([1, 2], 0), { code: 'stats-out-of-range' });
  });
});

describe('an arm against control', () => {
  for (const [name, { arm, control, difference, ratio }] of Object.entries(reference.arms)) {
    it(`the difference agrees with R: ${name}`, () => {
      const own = welchDifference(arm, control);
      for (const end of ['mean', 'low', 'high', 't', 'p'] as const) assertNear(own[end], difference[end], 1e-9, end);
      assertNear(own.degreesOfFreedom, difference.df, 1e-10);
      assertNear(own.standardError, difference.se, 1e-10);
    });
    it(`the ratio agrees with R: ${name}`, () => {
      const own = welchRatio(arm, control);
      for (const end of ['mean', 'low', 'high'] as const) assertNear(own[end], ratio[end], 1e-10, end);
      assertNear(own.degreesOfFreedom, ratio.df, 1e-10);
    });
  }

  it('the ratio turns over when the arms are exchanged', () => {
    const [a, b] = [
      [3, 4, 5, 6, 7],
      [9, 10, 12, 13, 15],
    ];
    const one = welchRatio(a, b);
    const other = welchRatio(b, a);
    assertNear(one.low, 1 / other.high, 1e-12);
    assertNear(one.mean, 1 / other.mean, 1e-12);
  });

  it('says nothing of ratios where a figure is not positive', () => {
    const growth = [-3, 2, 1, -1, 4];
    assert.equal(bearsRatio(growth, [5, 6, 7, 8, 9]), false);
    assert.throws(() => welchRatio(growth, [5, 6, 7, 8, 9]), { code: 'stats-no-ratio' });
    const comparison = compareArms(growth, [5, 6, 7, 8, 9], random());
    assert.ok(comparison.kind === 'interval' && comparison.ratio === undefined);
  });

  it('needs five relays on both sides', () => {
    assert.deepEqual(compareArms([1, 2, 3, 4], [1, 2, 3, 4, 5], random()), {
      kind: 'too-few',
      relays: 4,
      controlRelays: 5,
    });
  });

  it('gives bootstrap-t intervals beside, where one arm is skewed', () => {
    const skewed = compareArms([1, 1.1, 1.2, 1.3, 1.4, 4.2], [5, 6, 7, 8, 9], random());
    assert.ok(skewed.kind === 'interval' && skewed.skewed);
    assert.ok(skewed.difference.bootstrapT !== undefined && skewed.ratio?.bootstrapT !== undefined);
    assert.ok(skewed.ratio.bootstrapT.low > 0 && skewed.ratio.bootstrapT.low < skewed.ratio.mean);
    const even = compareArms([1, 2, 3, 4, 5], [5, 6, 7, 8, 9], random());
    assert.ok(even.kind === 'interval' && !even.skewed && even.difference.bootstrapT === undefined);
  });

  it('stays a number where nothing spreads', () => {
    const same = welchDifference([2, 2, 2], [2, 2, 2]);
    assert.deepEqual([same.mean, same.low, same.high, same.t, same.p], [0, 0, 0, 0, 1]);
    const apart = welchDifference([2, 2, 2], [3, 3, 3]);
    assert.deepEqual([apart.mean, apart.low, apart.high, apart.p], [-1, -1, -1, 0]);
  });

  it('keeps its digits with very small and very large figures', () => {
    const [a, b] = [
      [1, 2, 3, 4, 6],
      [2, 4, 5, 7, 9],
    ];
    const plain = welchDifference(a, b);
    for (const scale of [1e-90, 1e90]) {
      const scaled = welchDifference(
        a.map((x) => x * scale),
        b.map((x) => x * scale),
      );
      assertNear(scaled.degreesOfFreedom, plain.degreesOfFreedom, 1e-9);
      assertNear(scaled.p, plain.p, 1e-9);
    }
  });
});
