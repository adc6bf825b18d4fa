import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TorError } from '../error.ts';
import { decodeQuoted, encodeTorrcValue } from './quoted.ts';
import { optionNodes, parseTorrc } from './syntax.ts';

describe('torrc values', () => {
  test('a plain value is written as it is, anything tor would misread in quotes', () => {
    assert.equal(encodeTorrcValue('accept *:80,reject *:*'), 'accept *:80,reject *:*');
    assert.equal(encodeTorrcValue('unix:"/run/a b"'), 'unix:"/run/a b"');
    assert.equal(encodeTorrcValue('C:\\tor\\data'), 'C:\\tor\\data');
    assert.equal(encodeTorrcValue('a # b'), '"a # b"');
    assert.equal(encodeTorrcValue(' a'), '" a"');
    assert.equal(encodeTorrcValue('"a"'), '"\\"a\\""');
    assert.equal(encodeTorrcValue('ends \\'), '"ends \\\\"');
    assert.equal(encodeTorrcValue('bell\x07'), '"bell\\x07"');
  });

  test('refuses what no line can hold, and does not repeat it', () => {
    for (const value of ['', 'SECRET\nORPort 1', 'SECRET\r', 'SECRET\0', 'SECRET\ud800']) {
      assert.throws(
        () => encodeTorrcValue(value, 'ContactInfo'),
        (error) =>
          error instanceof TorError &&
          error.code === 'torrc-bad-value' &&
          error.message.startsWith('ContactInfo:') &&
          !error.message.includes('SECRET'),
        JSON.stringify(value),
      );
    }
  });

  test('whatever is written reads back the same, on its own line only', () => {
    const values = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !/[\n\r\0]/.test(text));
    fc.assert(
      fc.property(values, fc.constantFrom('\n', '\r\n'), fc.constantFrom('', ' # note'), (value, newline, note) => {
        const text = `Nickname ${encodeTorrcValue(value)}${note}${newline}ORPort 1${newline}`;
        const found = optionNodes(parseTorrc(text)).map((node) => node.value);
        assert.deepEqual(found, [value, '1']);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('escapes are bytes, and together they are UTF-8', () => {
    assert.deepEqual(decodeQuoted('"\\303\\xa9\\n\\7"', 0, 1), { value: 'é\n\x07', end: 14 });
    assert.throws(() => decodeQuoted('"\\303"', 0, 7), { code: 'torrc-bad-escape', line: 7 });
  });
});
