// Instants of many relays as one ascending list.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { uniteInstants } from './load-samples.ts';
import { orderRows } from './sample-rows.ts';

const ascending = fc.uniqueArray(fc.nat(30), { maxLength: 12 }).map((values) => Float64Array.from(values).sort());

describe('instants', () => {
  it('of all relays are each there once, ascending', () => {
    fc.assert(
      fc.property(fc.array(ascending, { maxLength: 6 }), (all) => {
        const expected = [...new Set(all.flatMap((one) => [...one]))].sort((a, b) => a - b);
        assert.deepEqual([...uniteInstants(all)], expected);
      }),
      { seed: 29, numRuns: 300 },
    );
  });
});

describe('rows', () => {
  it('are ordered by relay and time; those of one relay and instant stay in the order in which they came', () => {
    const rows = fc.array(fc.tuple(fc.nat(3), fc.nat(5)), { maxLength: 40 });
    fc.assert(
      fc.property(rows, (pairs) => {
        const relay = Uint32Array.from(pairs, ([index]) => index);
        const atMs = Float64Array.from(pairs, ([, at]) => at);
        const { order, starts } = orderRows(relay, atMs, pairs.length, 4);
        const expected = pairs
          .map(([index, at], row) => ({ index, at, row }))
          .sort((a, b) => a.index - b.index || a.at - b.at || a.row - b.row)
          .map(({ row }) => row);
        assert.deepEqual([...order], expected);
        assert.equal(starts[4], pairs.length);
      }),
      { seed: 31, numRuns: 300 },
    );
  });
});
