import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { BodyChecker, openBody } from './body.ts';

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  pieces.push(bytes.subarray(at));
  return pieces;
};
const checkAll = (name: string, totalBytes: number, pieces: readonly Uint8Array[]) => {
  const checker = new BodyChecker(name, totalBytes);
  for (const piece of pieces) checker.push(piece);
  return checker.check;
};

suite('bodies', () => {
  test('a body arrives whole however it is cut', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(2000), fc.array(fc.nat(300), { maxLength: 8 }), (name, length, sizes) => {
        const pieces = cut(openBody(name).next(length), sizes);
        assert.deepEqual(checkAll(name, length, pieces), { state: 'complete', receivedBytes: length });
      }),
      { seed: 7 },
    );
  });

  test('the first wrong byte is named', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(), fc.array(fc.nat(300)), (length, where, sizes) => {
        const body = openBody('x').next(length);
        const at = where % length;
        body[at] = (body[at] ?? 0) ^ 1;
        const check = checkAll('x', length, cut(body, sizes));
        assert.deepEqual(check, { state: 'corrupt', receivedBytes: length, firstWrongByte: at });
      }),
      { seed: 7 },
    );
  });

  test('a truncated body is incomplete', () => {
    const check = checkAll('x', 100, [openBody('x').next(99)]);
    assert.deepEqual(check, { state: 'incomplete', receivedBytes: 99 });
  });

  test('bytes after the end are corruption, also when they continue the stream', () => {
    const check = checkAll('x', 100, [openBody('x').next(101)]);
    assert.deepEqual(check, { state: 'corrupt', receivedBytes: 101, firstWrongByte: 100 });
  });

  test('bodies of different names differ', () => {
    assert.notDeepEqual(openBody('a').next(32), openBody('b').next(32));
  });
});
