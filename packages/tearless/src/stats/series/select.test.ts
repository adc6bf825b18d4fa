import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { median, selectInPlace } from './select.ts';

const numbers = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 });

describe('select', () => {
  it('finds what sorting would put there', () => {
    fc.assert(
      fc.property(numbers, fc.nat(), (values, place) => {
        const k = place % values.length;
        const sorted = [...values].sort((a, b) => a - b);
        assert.equal(selectInPlace(Float64Array.from(values), k), sorted[k]);
      }),
      { seed: 7 },
    );
  });

  it('takes the mean of the two middle numbers', () => {
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([4, 1, 3]), 3);
    assert.throws(() => median([]), { code: 'stats-out-of-range' });
  });
});
