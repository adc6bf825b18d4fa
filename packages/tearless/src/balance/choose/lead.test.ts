import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PointRef } from '../model/layout.ts';
import { leadByWeight } from './lead.ts';
import { sharesOf } from './shares.ts';

const ref = (worker: string, index = 0): PointRef => ({ worker, index, key: `${worker}.${index}` });
const at = (places: Record<string, string>) => new Map(Object.entries(places));

suite('who stands first at a relay', () => {
  test('the first of several points at one relay has the clients of all', () => {
    const read = new Map([['D', [ref('a'), ref('b'), ref('c'), ref('d')]]]);
    const shares = sharesOf(read, at({ 'a.0': 'r', 'c.0': 'r' }));
    assert.deepEqual(Object.fromEntries(shares), { a: 0.5, b: 0.25, d: 0.25 });
  });

  test('points that meet at one relay in several descriptors take turns', () => {
    const read = new Map(['D1', 'D2', 'D3', 'D4'].map((name) => [name, [ref('a'), ref('b')]]));
    const relayOf = at({ 'a.0': 'r', 'b.0': 'r' });
    const ordered = leadByWeight(read, { relayOf, weights: new Map(Object.entries({ a: 1, b: 3 })) });
    assert.deepEqual(Object.fromEntries(sharesOf(ordered, relayOf)), { a: 0.25, b: 0.75 });
  });

  test('who has little elsewhere stands first', () => {
    const read = new Map([
      ['D1', [ref('a'), ref('b'), ref('c')]],
      ['D2', [ref('a', 1), ref('c', 1), ref('c', 2)]],
    ]);
    const relayOf = at({ 'a.0': 'r', 'b.0': 'r' });
    const weights = new Map(Object.entries({ a: 1, b: 1, c: 1 }));
    const shares = sharesOf(leadByWeight(read, { relayOf, weights }), relayOf);
    assert.ok((shares.get('b') ?? 0) > 0.3);
  });

  test('what cannot be better stays as it is, to the last point', () => {
    const read = new Map(['D1', 'D2'].map((name) => [name, [ref('c'), ref('a'), ref('d'), ref('b')]]));
    const options = {
      relayOf: at({ 'a.0': 'r', 'b.0': 'r' }),
      weights: new Map(Object.entries({ a: 1, b: 1, c: 1, d: 1 })),
    };
    const once = leadByWeight(read, options);
    assert.notDeepEqual(once.get('D1'), once.get('D2'));
    assert.deepEqual(leadByWeight(once, options), once);
    for (const refs of once.values())
      assert.deepEqual(
        refs.filter(({ worker }) => 'cd'.includes(worker)),
        [ref('c'), ref('d')],
      );
  });
});
