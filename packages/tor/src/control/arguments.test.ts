import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TorError } from '../error.ts';
import { parseArguments } from './arguments.ts';
import { quoteString } from './quoted.ts';

const parsed = (text: string, required?: number) => {
  const { positional, keywords } = parseArguments(text, required);
  return { positional, keywords: Object.fromEntries(keywords) };
};

test('positional and keyword arguments, quoted or not, in any order', () => {
  assert.deepEqual(parsed('NOTICE "a b" KEY=value  late Q="x \\"y\\" =z" E='), {
    positional: ['NOTICE', 'a b', 'late'],
    keywords: { KEY: 'value', Q: 'x "y" =z', E: '' },
  });
});

test('required arguments are taken by position even when they look like keywords', () => {
  assert.deepEqual(parsed('1 NEW 0 a=b:80 PURPOSE=USER', 4), {
    positional: ['1', 'NEW', '0', 'a=b:80'],
    keywords: { PURPOSE: 'USER' },
  });
});

test('of a keyword given twice the first counts', () => {
  assert.deepEqual(parsed('A=1 A=2').keywords, { A: '1' });
});

test('a path with "=" in it is no keyword', () => {
  assert.deepEqual(parsed('$AB=Nick').positional, ['$AB=Nick']);
});

test('what is missing or does not end is refused', () => {
  const code = (expected: string) => (error: unknown) => error instanceof TorError && error.code === expected;
  assert.throws(() => parseArguments('one two', 3), code('control-missing-argument'));
  assert.throws(() => parseArguments('A="one', 0), code('control-bad-string'));
  assert.throws(() => parseArguments('A="one"two', 0), code('control-bad-string'));
});

test('any values come back from keyword arguments', () => {
  const value = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[\r\n\0]/g, ''));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 6 }), (values) => {
      const text = values.map((value, i) => `K${i}=${quoteString(value)}`).join(' ');
      assert.deepEqual([...parseArguments(text).keywords.values()], values);
    }),
    { seed: 7, numRuns: 300 },
  );
});
