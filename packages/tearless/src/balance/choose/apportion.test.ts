import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { apportion, type Claim, fillByWeight } from './apportion.ts';

const anyClaims = fc.array(
  fc
    .record({ weight: fc.integer({ min: 1, max: 5 }), least: fc.nat(3), more: fc.nat(15), before: fc.nat(18) })
    .map(({ weight, least, more, before }): Claim => ({ worker: 'w', weight, least, most: least + more + 1, before })),
  { minLength: 1, maxLength: 60 },
);
const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

/** Claims, and a number of places between what they need and what they can use. */
const anyTask = fc.tuple(anyClaims, fc.double({ min: 0, max: 1, noNaN: true })).map(([claims, at]) => {
  const low = total(claims.map(({ least }) => least));
  const high = total(claims.map(({ most }) => most));
  return { claims, places: Math.max(1, Math.round(low + (high - low) * at)) };
});

describe('places shared out', () => {
  it('are whole, all of them, next to the exact part, and within limits, in any round', () => {
    fc.assert(
      fc.property(anyTask, fc.nat(100_000), ({ claims, places }, round) => {
        const exact = fillByWeight(claims, places);
        const parts = apportion(claims, places, round);
        assert.equal(total(parts), places);
        for (const [index, part] of parts.entries()) {
          assert.ok(Number.isInteger(part) && Math.abs(part - (exact[index] ?? 0)) < 1, `${part} for ${exact[index]}`);
          const claim = claims[index];
          assert.ok(claim && part >= claim.least && part <= claim.most);
        }
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  it('are in proportion to weights, but for those at a limit', () => {
    const claims: Claim[] = [
      { worker: 'a', weight: 1, least: 4, most: 60, before: 0 },
      { worker: 'b', weight: 2, least: 0, most: 60, before: 0 },
      { worker: 'c', weight: 3, least: 0, most: 60, before: 0 },
      { worker: 'd', weight: 90, least: 0, most: 6, before: 0 },
    ];
    assert.deepEqual(
      fillByWeight(claims, 20).map((part) => Number(part.toFixed(6))),
      [4, 4, 6, 6],
    );
  });

  it('stay within a round with those that had them', () => {
    const claims = [0, 2, 1, 2, 1, 1, 2].map(
      (before): Claim => ({ worker: 'w', weight: 1, least: 0, most: 9, before }),
    );
    assert.deepEqual(apportion(claims, 10, 0), [1, 2, 1, 2, 1, 1, 2]);
    assert.deepEqual(
      apportion(claims, 9, 0)
        .filter((_, index) => [1, 3, 6].includes(index))
        .sort(),
      [1, 2, 2],
    );
  });

  it('are over many rounds what is exact', () => {
    const claims = [1, 2, 3, 1, 5, 2, 2].map(
      (weight): Claim => ({ worker: 'w', weight, least: 0, most: 9, before: 0 }),
    );
    const rounds = 1000;
    const sums = claims.map(() => 0);
    for (let round = 0; round < rounds; round++)
      for (const [index, part] of apportion(claims, 11, round).entries()) sums[index] = (sums[index] ?? 0) + part;
    for (const [index, exact] of fillByWeight(claims, 11).entries())
      assert.ok(Math.abs((sums[index] ?? 0) / rounds - exact) < 0.01, `${sums[index]} of ${rounds} for ${exact}`);
  });
});
