import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assignShares } from './assign.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `h1/relay${index}`);
const group = (relays: string[], counts: [string, number][]) => ({ setting: 0, relays, counts: new Map(counts) });

describe('assignShares', () => {
  it('gives each allocator its count', () => {
    const assigned = assignShares({
      fleet: 'f',
      group: group(names(8), [
        ['mimalloc', 7],
        ['jemalloc', 1],
      ]),
      current: new Map(),
    });
    assert.equal([...assigned.values()].filter((name) => name === 'mimalloc').length, 7);
    assert.equal(assigned.size, 8);
  });

  it('leaves every relay where it is when the counts already hold', () => {
    const relays = names(5);
    const current = new Map(relays.map((relay, index) => [relay, index < 3 ? 'a' : 'b']));
    assert.deepEqual(
      new Map(
        [
          ...assignShares({
            fleet: 'f',
            group: group(relays, [
              ['a', 3],
              ['b', 2],
            ]),
            current,
          }),
        ].sort(),
      ),
      current,
    );
  });

  it('does not take the relays by name', () => {
    const relays = names(40);
    const assigned = assignShares({
      fleet: 'f',
      group: group(relays, [
        ['a', 20],
        ['b', 20],
      ]),
      current: new Map(),
    });
    const firstHalf = relays.slice(0, 20).filter((relay) => assigned.get(relay) === 'a').length;
    assert.ok(firstHalf > 3 && firstHalf < 17, `${firstHalf} of the first 20`);
  });

  it('moves those that lose least', () => {
    const relays = names(4);
    const current = new Map(relays.map((relay) => [relay, 'a']));
    const assigned = assignShares({
      fleet: 'f',
      group: group(relays, [
        ['a', 2],
        ['b', 2],
      ]),
      current,
      loss: (relay) => (relay === 'h1/relay1' || relay === 'h1/relay2' ? 1 : 0),
    });
    assert.deepEqual([assigned.get('h1/relay1'), assigned.get('h1/relay2')], ['a', 'a']);
  });

  it('never moves more relays than the counts demand', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'none'), { minLength: 1, maxLength: 30 }),
        fc.nat(30),
        (allocators, wanted) => {
          const relays = names(allocators.length);
          const a = Math.min(wanted, relays.length);
          const current = new Map(relays.map((relay, index) => [relay, allocators[index] ?? 'none']));
          const assigned = assignShares({
            fleet: 'f',
            group: group(relays, [
              ['a', a],
              ['b', relays.length - a],
            ]),
            current,
          });
          const moved = relays.filter((relay) => assigned.get(relay) !== current.get(relay)).length;
          const have = (name: string) => allocators.filter((allocator) => allocator === name).length;
          assert.equal(moved, relays.length - Math.min(a, have('a')) - Math.min(relays.length - a, have('b')));
        },
      ),
      { seed: 1 },
    );
  });
});
