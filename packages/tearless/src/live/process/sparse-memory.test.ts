import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mergeRanges, SparseMemory } from './sparse-memory.ts';

/** A byte of the memory that is looked at. */
const byteAt = (address: bigint): number => Number((address * 31n) % 251n);
const bytesOf = (address: bigint, lengthBytes: number): Uint8Array =>
  Uint8Array.from({ length: lengthBytes }, (_, index) => byteAt(address + BigInt(index)));

describe('memory that was read beforehand', () => {
  it('gives every range that was asked for, however they lie to one another', () => {
    const ranges = fc.array(
      fc.record({ address: fc.bigInt(0x1000n, 0x2000n), lengthBytes: fc.integer({ min: 1, max: 200 }) }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(ranges, (wanted) => {
        const merged = mergeRanges(wanted);
        const memory = new SparseMemory(
          merged,
          Buffer.concat(merged.map(({ address, lengthBytes }) => bytesOf(address, lengthBytes))),
        );
        for (const { address, lengthBytes } of wanted)
          assert.deepEqual([...memory.read(address, lengthBytes)], [...bytesOf(address, lengthBytes)]);
      }),
      { seed: 7 },
    );
  });

  it('reads what lies near to each other at once', () => {
    const ranges = [
      { address: 0x1040n, lengthBytes: 16 },
      { address: 0x1000n, lengthBytes: 16 },
      { address: 0x9000n, lengthBytes: 8 },
      { address: 0x1008n, lengthBytes: 4 },
    ];
    assert.deepEqual(mergeRanges(ranges), [
      { address: 0x1000n, lengthBytes: 0x50 },
      { address: 0x9000n, lengthBytes: 8 },
    ]);
  });

  it('does not make up what was not read', () => {
    const memory = new SparseMemory([{ address: 0x1000n, lengthBytes: 16 }], new Uint8Array(16));
    for (const [address, lengthBytes] of [
      [0xfffn, 1],
      [0x1010n, 1],
      [0x1008n, 9],
    ] as const)
      assert.throws(() => memory.read(address, lengthBytes), { code: 'live-memory-unread' });
  });
});
