// Against SciPy 1.10: binom.sf, fisher_exact(alternative='greater'), combine_pvalues.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNear } from '../testing/reference.ts';
import { binomialUpperTail, combinePValues, fisherExact } from './counts.ts';

describe('counts', () => {
  it('tells how often so many hits come by chance', () => {
    assertNear(binomialUpperTail({ hits: 3, of: 10 }, 0.01), 0.00011384911790577965, 1e-9);
    assertNear(binomialUpperTail({ hits: 34, of: 5_000 }, 0.001), 1.4268991199450103e-17, 1e-6);
    assert.equal(binomialUpperTail({ hits: 0, of: 5 }, 0.5), 1);
  });

  it('tells how often hits fall into one group by chance', () => {
    assertNear(fisherExact({ hits: 10, of: 10 }, { hits: 0, of: 10 }), 5.412544112234515e-6, 1e-9);
    assertNear(fisherExact({ hits: 7, of: 10 }, { hits: 2, of: 10 }), 0.03488925934746368, 1e-9);
    assertNear(fisherExact({ hits: 3, of: 3 }, { hits: 0, of: 7 }), 1 / 120, 1e-9);
    assert.equal(fisherExact({ hits: 0, of: 10 }, { hits: 4, of: 10 }), 1);
    assert.equal(fisherExact({ hits: 0, of: 0 }, { hits: 4, of: 10 }), 1);
  });

  it('joins p values', () => {
    assertNear(combinePValues([0.02, 1 / 120]), 0.0016165857913683665, 1e-9);
    assertNear(combinePValues([0.01, 0.2, 0.5]), 0.03176629677613493, 1e-9);
    assert.equal(combinePValues([0, 0.3]), 0);
    assert.equal(combinePValues([1, 1]), 1);
    assert.equal(combinePValues([0.25]), 0.25);
  });

  it('refuses more hits than tries', () =>
    assert.throws(() => binomialUpperTail({ hits: 3, of: 2 }, 0.5), { code: 'stats-out-of-range' }));
});
