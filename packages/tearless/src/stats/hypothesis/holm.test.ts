import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNear, reference } from '../testing/reference.ts';
import { holm } from './holm.ts';

describe('holm', () => {
  it('agrees with R', () => {
    for (const [index, p] of holm(reference.holm.p).entries())
      assertNear(p, reference.holm.adjusted[index] ?? Number.NaN, 1e-12);
  });

  it('takes an empty family, and refuses what is no p value', () => {
    assert.deepEqual(holm([]), []);
    assert.throws(() => holm([0.1, Number.NaN]), { code: 'stats-out-of-range' });
  });
});
