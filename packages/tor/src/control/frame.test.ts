import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TorError } from '../error.ts';
import { LineFramer } from './frame.ts';

function linesOf(chunks: readonly Uint8Array[], maxLineBytes?: number): string[] {
  const framer = new LineFramer(maxLineBytes);
  const lines: string[] = [];
  for (const chunk of chunks) framer.push(chunk, (line) => lines.push(Buffer.from(line).toString('latin1')));
  return lines;
}

test('lines end with CRLF, or with LF alone', () => {
  assert.deepEqual(linesOf([Buffer.from('one\r\ntwo\nthree\r\r\n\r\n\nrest')]), ['one', 'two', 'three\r', '', '']);
});

test('a line end may be cut in the middle', () => {
  assert.deepEqual(linesOf([Buffer.from('one\r'), Buffer.from('\ntwo'), Buffer.from('\r\n')]), ['one', 'two']);
});

test('bytes cut anywhere give the same lines', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-c.\r\n ]{0,12}$/), { maxLength: 8 }), (parts) => {
      const whole = Buffer.from(parts.join(''));
      assert.deepEqual(linesOf(parts.map((part) => Buffer.from(part))), linesOf([whole]));
      assert.deepEqual(linesOf([...whole].map((byte) => Uint8Array.of(byte))), linesOf([whole]));
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('a line over the limit is refused as soon as it is, also before it has ended', () => {
  const tooLong = (error: unknown) => error instanceof TorError && error.code === 'control-line-too-long';
  assert.deepEqual(linesOf([Buffer.from('12345678\n')], 8), ['12345678']);
  assert.throws(() => linesOf([Buffer.from('123456789\n')], 8), tooLong);
  assert.throws(() => linesOf([Buffer.from('12345'), Buffer.from('6789')], 8), tooLong);
});

test('lines before one that is too long are delivered', () => {
  const framer = new LineFramer(4);
  const lines: string[] = [];
  assert.throws(() => framer.push(Buffer.from('ab\ncd\nefghi\n'), (line) => lines.push(Buffer.from(line).toString())));
  assert.deepEqual(lines, ['ab', 'cd']);
});
