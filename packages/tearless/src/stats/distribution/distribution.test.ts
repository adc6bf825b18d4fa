import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNear, reference } from '../testing/reference.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { studentCdf, studentQuantile, studentTwoSided, studentUpperQuantile } from './student-t.ts';

describe('the normal distribution', () => {
  it('agrees with R far into the tails', () => {
    for (const { z, p } of reference.normalCdf) assertNear(normalCdf(z), p, 1e-12, `P(<= ${z})`);
    for (const { z, p } of reference.normalQuantiles) assertNear(normalQuantile(p), z, 1e-12, `quantile of ${p}`);
  });

  it('refuses what has no quantile', () => {
    for (const p of [0, 1, -1, Number.NaN]) assert.throws(() => normalQuantile(p), { code: 'stats-out-of-range' });
    assert.throws(() => normalCdf(Number.NaN), { code: 'stats-not-finite' });
  });
});

describe("Student's t distribution", () => {
  it('agrees with R for whole and broken degrees of freedom', () => {
    for (const { t, df, p } of reference.studentCdf) assertNear(studentCdf(t, df), p, 1e-10, `P(<= ${t}) of ${df}`);
    for (const { p, df, q } of reference.studentQuantiles)
      assertNear(studentQuantile(p, df), q, 1e-9, `quantile of ${p} for ${df} degrees`);
  });

  it('is symmetric, and takes infinite statistics', () => {
    assertNear(studentUpperQuantile(0.025, 9), -studentQuantile(0.025, 9), 1e-15);
    assert.equal(studentQuantile(0.5, 3), 0);
    assert.equal(studentTwoSided(Number.POSITIVE_INFINITY, 4), 0);
    assert.equal(studentTwoSided(Number.NEGATIVE_INFINITY, 4), 0);
    assert.equal(studentTwoSided(0, 4), 1);
  });

  it('refuses degrees of freedom and probabilities that there are not', () => {
    for (const degrees of [0, -1, Number.NaN])
      assert.throws(() => studentCdf(1, degrees), { code: 'stats-out-of-range' });
    for (const tail of [0, 0.6, Number.NaN])
      assert.throws(() => studentUpperQuantile(tail, 5), { code: 'stats-out-of-range' });
    assert.throws(() => studentCdf(Number.NaN, 5), { code: 'stats-not-finite' });
  });
});
