import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { createStyle } from '../style.ts';
import { textWidth, wrap } from './wrap.ts';

const seed = 20_260_110;

describe('wrapping sentences', () => {
  it('breaks at blanks and indents what follows', () =>
    assert.deepEqual(wrap('one two three four', 10, { first: '- ', rest: '  ' }), ['- one two', '  three', '  four']));

  it('keeps a word that is longer than a line whole', () =>
    assert.deepEqual(wrap('a abcdefghijkl b', 6), ['a', 'abcdefghijkl', 'b']));

  it('does not count what only colours', () => {
    const { warn } = createStyle(true);
    assert.deepEqual(wrap(`${warn('abc')} def`, 7).map(stripVTControlCharacters), ['abc def']);
  });

  it('loses no word, and passes the width only with a single word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 4, max: 40 }), (list, width) => {
        const lines = wrap(list.join(' '), width);
        assert.deepEqual(lines.join(' ').split(' '), list);
        for (const line of lines) assert.ok(line.length <= width || !line.includes(' '), line);
      }),
      { seed },
    );
  });

  it('uses neither less than 40 columns nor more than a person reads', () =>
    assert.deepEqual([20, 80, 300].map(textWidth), [40, 80, 110]));
});
