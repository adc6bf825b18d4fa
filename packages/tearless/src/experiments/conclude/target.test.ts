// Targets as they are written, and the shortest words for whom they are meant.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocatorOf, parseTarget, selectorFor } from './target.ts';

describe('a target', () => {
  it('is shares that add up, or one allocator', () => {
    assert.deepEqual(
      [...parseTarget('mimalloc=90%, jemalloc=10%')],
      [
        ['mimalloc', 90],
        ['jemalloc', 10],
      ],
    );
    assert.deepEqual(allocatorOf(parseTarget('mimalloc=90,jemalloc=10')), { mimalloc: 90, jemalloc: 10 });
    assert.equal(allocatorOf(parseTarget('mimalloc')), 'mimalloc');
  });
  for (const wrong of [
    '',
    'mimalloc=90%',
    'mimalloc=60%,mimalloc=40%',
    'mimalloc:90%',
    'a=50%,b',
    'mimalloc=90%,,jemalloc=10%',
  ])
    it(`is not ${JSON.stringify(wrong)}`, () =>
      assert.throws(() => parseTarget(wrong), { code: 'experiment-target-invalid' }));
});

describe('a selector', () => {
  const all = ['h1/a', 'h1/b', 'h2/a', 'h2/b', 'h2/c'];
  const cases: readonly (readonly [string[], string])[] = [
    [all, '*'],
    [['h1/a', 'h1/b'], 'host=h1'],
    [['h1/a', 'h1/b', 'h2/c'], 'host=h1,h2/c'],
    [['h2/a', 'h1/b'], 'h2/a,h1/b'],
  ];
  for (const [relays, words] of cases) it(`is ${words}`, () => assert.equal(selectorFor(relays, all), words));
});
