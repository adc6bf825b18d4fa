import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCount, parseWords } from './lines.ts';

// As systemd writes them (shell_maybe_quote): quoted where the shell would need it, control characters as C escapes.
const renderWord = (word: string): string => {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  const escaped = word
    .replace(/[\\"`$]/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t')
    .replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
};

describe('words in the quoting of systemctl show', () => {
  it('come back as they went in', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary-ascii' })), (words) => {
        assert.deepEqual(parseWords(words.map(renderWord).join(' ')), words);
      }),
      { seed: 3 },
    );
  });

  it('are refused when a quote does not end', () => {
    assert.equal(parseWords('A=1 "B=two words'), undefined);
    assert.equal(parseWords('"A=1"B'), undefined);
  });
});

describe('a count', () => {
  it('is read when a number can hold it exactly', () => {
    assert.equal(parseCount('0'), 0);
    assert.equal(parseCount('9007199254740991'), 9007199254740991);
  });

  it('is refused when it is negative, broken, empty or too large', () => {
    for (const text of ['', '-1', '1.5', '1e3', ' 1', '9007199254740993', '99999999999999999999'])
      assert.equal(parseCount(text), undefined, text);
  });
});
