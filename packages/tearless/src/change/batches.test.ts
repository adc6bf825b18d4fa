import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSerial, planBatches } from './batches.ts';

const count = (length: number): number[] => Array.from({ length }, (_, at) => at + 1);

describe('--serial', () => {
  const sizes: readonly { readonly serial: string; readonly items: number; readonly batches: readonly number[] }[] = [
    { serial: '1', items: 3, batches: [1, 1, 1] },
    { serial: '1,10%,50%', items: 20, batches: [1, 2, 10, 7] },
    { serial: '1,10%,50%', items: 4, batches: [1, 1, 2] },
    { serial: '10%', items: 5, batches: [1, 1, 1, 1, 1] },
    { serial: '100%', items: 5, batches: [5] },
    { serial: '33.4%', items: 10, batches: [3, 3, 3, 1] },
    { serial: ' 2 , 3 ', items: 9, batches: [2, 3, 3, 1] },
    { serial: '5', items: 0, batches: [] },
  ];
  for (const { serial, items, batches } of sizes) {
    it(`${serial} of ${items} items gives ${batches.join(', ') || 'no batch'}`, () => {
      const planned = planBatches(count(items), { sizes: parseSerial(serial) });
      assert.deepEqual(
        planned.map((batch) => batch.length),
        batches,
      );
    });
  }

  for (const bad of ['', '0', '-1', '1,', 'x', '10 %', '101%', '1.5', '0%', '1e3', '1;2']) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      assert.throws(() => parseSerial(bad), { code: 'change-serial-invalid', kind: 'usage' });
    });
  }
});

describe('batches by weight', () => {
  const lightEnough = (batch: readonly number[], item: number): boolean =>
    [...batch, item].reduce((sum, weight) => sum + weight, 0) <= 10;

  it('an item joins while it fits, and else begins the next batch', () => {
    assert.deepEqual(planBatches([4, 5, 3, 8, 1, 1], { sizes: [], fits: lightEnough }), [[4, 5], [3], [8, 1, 1]]);
  });

  it('an item that is too heavy alone still goes, alone', () => {
    assert.deepEqual(planBatches([1, 99, 1], { sizes: [], fits: lightEnough }), [[1], [99], [1]]);
  });

  it('keeps every item once, in order, within both limits', () => {
    const size = fc.oneof(
      fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant('percent' as const), percent: fc.integer({ min: 1, max: 100 }) }),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(12)), fc.array(size, { minLength: 1, maxLength: 4 }), (items, sizes) => {
        const batches = planBatches(items, { sizes, fits: lightEnough });
        assert.deepEqual(batches.flat(), items);
        for (const batch of batches) {
          assert.ok(batch.length > 0);
          assert.ok(batch.length === 1 || batch.reduce((sum, weight) => sum + weight, 0) <= 10);
        }
      }),
      { seed: 1 },
    );
  });
});
