import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { apportion } from './shares.ts';

describe('apportion', () => {
  it('gives 90/10 of 8 relays as 7 and 1, and of 142 as 128 and 14', () => {
    const shares = new Map([
      ['mimalloc', 90],
      ['jemalloc', 10],
    ]);
    assert.deepEqual([...apportion(8, shares).values()], [7, 1]);
    assert.deepEqual([...apportion(142, shares).values()], [128, 14]);
  });

  it('always adds up, and is never a whole relay away from the exact share', () => {
    const shares = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 }).map((cuts) => {
      const sorted = [0, ...cuts.slice(1).sort((a, b) => a - b), 100];
      return new Map(sorted.slice(1).map((cut, index) => [`a${index}`, cut - (sorted[index] ?? 0)]));
    });
    fc.assert(
      fc.property(fc.nat(1000), shares, (total, parts) => {
        const seats = apportion(total, parts);
        assert.equal(
          [...seats.values()].reduce((a, b) => a + b, 0),
          total,
        );
        for (const [name, percent] of parts)
          assert.ok(Math.abs((seats.get(name) ?? 0) - (total * percent) / 100) < 1 + 1e-6);
      }),
      { seed: 1 },
    );
  });
});
