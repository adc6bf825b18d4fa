import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatBytes } from './format.ts';

describe('figures for people', () => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [430_900_000, '431 MB'],
    [999_400_000, '999 MB'],
    [999_600_000, '1.00 GB'],
    [-38_000, '−38.0 kB'],
    [12.4e12, '12.4 TB'],
  ] as const)
    it(`${bytes} bytes are ${text}`, () => assert.equal(formatBytes(bytes), text));
});
