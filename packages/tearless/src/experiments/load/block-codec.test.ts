// Blocks of columns: what is decoded is what was encoded, and what is damaged is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { type Column, decodeBlock, encodeBlock } from './block-codec.ts';

const column = (rows: number): fc.Arbitrary<Column> =>
  fc.oneof(
    fc.uint8Array({ minLength: rows, maxLength: rows }),
    fc.uint16Array({ minLength: rows, maxLength: rows }),
    fc.uint32Array({ minLength: rows, maxLength: rows }),
    fc.float64Array({ minLength: rows, maxLength: rows }),
    fc
      .array(fc.integer({ min: 0, max: 4e12 }), { minLength: rows, maxLength: rows })
      .map((values) => Float64Array.from(values.sort((a, b) => a - b))),
  );

const block = fc
  .integer({ min: 0, max: 30 })
  .chain((rows) => fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), column(rows), { maxKeys: 6 }));

describe('a block', () => {
  it('gives back the columns that were put in, differences or not', () => {
    fc.assert(
      fc.property(block, fc.boolean(), (columns, deltas) => {
        const entries = new Map(Object.entries(columns));
        const decoded = decodeBlock(encodeBlock(entries, new Set(deltas ? entries.keys() : [])));
        assert.deepEqual([...decoded], [...entries]);
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  it('that is damaged is refused', () => {
    const bytes = Buffer.from(encodeBlock(new Map([['a', Uint32Array.of(1, 2, 3)]]), new Set(['a'])));
    const broken = { code: 'experiment-block-broken' };
    assert.throws(() => decodeBlock(bytes.subarray(0, bytes.length - 3)), broken);
    assert.throws(() => decodeBlock(Buffer.alloc(20)), broken);
    const plain = zstdDecompressSync(bytes);
    for (let length = 0; length < plain.length; length += 1)
      assert.throws(() => decodeBlock(zstdCompressSync(plain.subarray(0, length))), broken, `${length} bytes`);
    assert.throws(() => decodeBlock(zstdCompressSync(Buffer.concat([plain, Buffer.of(0)]))), broken);
    const flipped = Buffer.from(bytes);
    flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
    assert.throws(() => decodeBlock(flipped), broken, 'the checksum');
  });

  it('of a later version is refused', () => {
    const plain = zstdDecompressSync(encodeBlock(new Map(), new Set()));
    plain[0] = 99;
    assert.throws(() => decodeBlock(zstdCompressSync(plain)), { message: /version 99/ });
  });
});
