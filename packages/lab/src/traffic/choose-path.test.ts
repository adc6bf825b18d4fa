import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { choosePath, type Draw, type KnownRelay } from './choose-path.ts';

const relay = (fingerprint: string, isExit: boolean): KnownRelay => ({ fingerprint, isExit });
const relays = [
  relay('A0', false),
  relay('A1', false),
  relay('R0', true),
  relay('R1', true),
  relay('F0', true),
  relay('F1', false),
];
const fleet = new Set(['F0', 'F1']);
const drawFrom = (numbers: readonly number[]): Draw => {
  let at = 0;
  return (count) => (count === 0 ? 0 : (numbers[at++ % numbers.length] ?? 0) % count);
};
const numbers = fc.array(fc.nat(1000), { minLength: 1, maxLength: 8 });

suite('choosing a path', () => {
  test('exactly one relay is of the fleet, all differ, and the last is an exit', () => {
    fc.assert(
      fc.property(numbers, fc.subarray(relays), (chance, avoided) => {
        const avoid = new Set(avoided.map(({ fingerprint }) => fingerprint));
        const path = choosePath(relays, fleet, avoid, drawFrom(chance)) ?? [];
        assert.equal(new Set(path).size, 3);
        assert.equal(path.filter((hop) => fleet.has(hop)).length, 1);
        assert.equal(relays.find(({ fingerprint }) => fingerprint === path[2])?.isExit, true);
      }),
      { seed: 7 },
    );
  });

  test('fleet relays serve at every place they can', () => {
    const places = new Set<string>();
    fc.assert(
      fc.property(numbers, (chance) => {
        const path = choosePath(relays, fleet, new Set(), drawFrom(chance)) ?? [];
        path.forEach((hop, index) => {
          if (fleet.has(hop)) places.add(`${hop}@${index}`);
        });
      }),
      { seed: 7, numRuns: 500 },
    );
    assert.deepEqual([...places].sort(), ['F0@0', 'F0@1', 'F0@2', 'F1@0', 'F1@1']);
  });

  test('a relay that just did not answer is left out while others are left', () => {
    fc.assert(
      fc.property(numbers, (chance) => {
        const path = choosePath(relays, fleet, new Set(['F0', 'R1', 'A0']), drawFrom(chance)) ?? [];
        assert.deepEqual([...path].sort(), ['A1', 'F1', 'R0']);
      }),
      { seed: 7 },
    );
  });

  test('when all of the fleet did not answer it is tried again', () => {
    const path = choosePath(relays, fleet, fleet, drawFrom([0])) ?? [];
    assert.equal(path.filter((hop) => fleet.has(hop)).length, 1);
  });

  test('without a relay of the fleet, or with too few others, there is no path', () => {
    assert.equal(choosePath(relays.slice(0, 4), fleet, new Set(), drawFrom([0])), undefined);
    assert.equal(choosePath(relays.slice(3), fleet, new Set(), drawFrom([0])), undefined);
  });

  test('without an exit outside the fleet the fleet relay is the exit', () => {
    const path = choosePath(
      [relay('A0', false), relay('A1', false), relay('F0', true)],
      fleet,
      new Set(),
      drawFrom([1]),
    );
    assert.equal(path?.[2], 'F0');
  });
});
