import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSerial, renderSize, toCount } from './batches.ts';
import type { ChangeItem } from './plan.ts';

describe('--serial', () => {
  const sizes: readonly { readonly serial: string; readonly items: number; readonly counts: readonly number[] }[] = [
    { serial: '1', items: 3, counts: [1] },
    { serial: '1,10%,50%', items: 20, counts: [1, 2, 10] },
    { serial: '1,10%,50%', items: 4, counts: [1, 1, 2] },
    { serial: '100%', items: 5, counts: [5] },
    { serial: '33.4%', items: 10, counts: [3] },
    { serial: ' 2 , 3 ', items: 9, counts: [2, 3] },
    { serial: '10%', items: 0, counts: [1] },
  ];
  for (const { serial, items, counts } of sizes) {
    it(`${serial} of ${items} items means ${counts.join(', ')}`, () => {
      assert.deepEqual(
        parseSerial(serial).map((size) => toCount(size, items)),
        counts,
      );
    });
  }

  for (const bad of ['', '0', '-1', '1,', 'x', '10 %', '101%', '1.5', '0%', '1e3', '1;2']) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      assert.throws(() => parseSerial(bad), { code: 'change-serial-invalid', kind: 'usage' });
    });
  }
});

describe('the size of a plan', () => {
  it('is said in one and in many', () => {
    const items = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `${index}` }) as ChangeItem);
    assert.equal(renderSize({ items: items(1), batches: [['0']] }), '1 item in 1 batch');
    assert.equal(renderSize({ items: items(3), batches: [['0', '1'], ['2']] }), '3 items in 2 batches');
  });
});
