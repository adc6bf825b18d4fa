import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSelector } from './selector.ts';

const relays = [
  { host: 'h1', instance: 'alpha', labels: { arm: 'a', site: 'ams' } },
  { host: 'h1', instance: 'beta', labels: { arm: 'b', site: 'ams' } },
  { host: 'h2', instance: 'alpha', labels: { arm: 'b' } },
];
const picks = (text: string) => relays.filter(parseSelector(text)).map(({ host, instance }) => `${host}/${instance}`);

describe('parseSelector', () => {
  const cases: [string, string[]][] = [
    ['*', ['h1/alpha', 'h1/beta', 'h2/alpha']],
    ['alpha', ['h1/alpha', 'h2/alpha']],
    ['h1/*', ['h1/alpha', 'h1/beta']],
    ['host=h2', ['h2/alpha']],
    ['arm=b', ['h1/beta', 'h2/alpha']],
    ['arm=b&host=h1', ['h1/beta']],
    ['h2/alpha, h1/b*', ['h1/beta', 'h2/alpha']],
    ['!alpha', ['h1/beta']],
    ['*&!arm=b', ['h1/alpha']],
    ['al.ha', []],
    ['site=?ms', ['h1/alpha', 'h1/beta']],
  ];
  for (const [text, expected] of cases)
    it(`'${text}' picks ${expected.join(', ') || 'nothing'}`, () => assert.deepEqual(picks(text), expected));

  for (const text of ['', 'a,', '!', 'a b', 'a&', '$(x)'])
    it(`refuses '${text}'`, () => {
      assert.throws(() => parseSelector(text), SyntaxError);
    });
});
