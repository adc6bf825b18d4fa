import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TorError } from '../error.ts';
import { quoteString, readCString } from './quoted.ts';

test('what is quoted is read back to the same, and to where it ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const value = text.replace(/[\r\n\0]/g, '');
      const quoted = quoteString(value);
      assert.deepEqual(readCString(`x${quoted} rest"`, 1), { value, end: 1 + quoted.length });
    }),
    { seed: 4, numRuns: 500 },
  );
});

test('C escapes and octal bytes of UTF-8 are read (§2.1.1)', () => {
  const read = (inner: string) => readCString(`"${inner}"`, 0).value;
  assert.equal(read('a\\nb\\tc\\rd'), 'a\nb\tc\rd');
  assert.equal(read('\\303\\274\\0\\x'), 'ü\0x');
  assert.equal(read('\\\\n\\"\\\''), '\\n"\'');
  assert.equal(read('\\1012'), 'A2');
  assert.equal(read('\\😀😀'), '😀😀');
});

test('a string that does not end is refused without repeating it', () => {
  for (const text of ['"hunter2', '"hunter2\\', '"hunter2\\"', 'hunter2"', '"hunter2\\777"', '']) {
    assert.throws(
      () => readCString(text, 0),
      (error) => error instanceof TorError && error.code === 'control-bad-string' && !error.message.includes('hunter2'),
      text,
    );
  }
});

test('line ends and NUL cannot be quoted: they would be another command', () => {
  for (const text of ['a\nQUIT', 'a\rb', 'a\0b']) {
    assert.throws(
      () => quoteString(text),
      (error) => error instanceof TorError && error.code === 'control-bad-argument' && !error.message.includes('QUIT'),
    );
  }
});
