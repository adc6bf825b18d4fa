import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addShares,
  fits,
  type NetworkRelay,
  type NetworkView,
  networkShares,
  positions,
  renderShare,
} from './weight.ts';

const relay = (fingerprint: string, flags: string, bandwidth: number): NetworkRelay => ({
  fingerprint,
  nickname: fingerprint.toLowerCase(),
  flags: new Set(flags.split(' ')),
  bandwidth,
});
const view = (relays: readonly NetworkRelay[], weights: Record<string, number> = {}): NetworkView => ({
  validAfterMs: 0,
  freshUntilMs: 0,
  votedMs: 0,
  relays: new Map(relays.map((entry) => [entry.fingerprint, entry])),
  weights: new Map(Object.entries(weights)),
});

test('a share is the part of the weight of each position', () => {
  const shareOf = networkShares(
    view([
      relay('A', 'Running Guard HSDir', 300),
      relay('B', 'Running Guard', 100),
      relay('C', 'Running Exit', 50),
      relay('D', 'Running HSDir', 999),
    ]),
  );
  assert.deepEqual(shareOf('A'), { guard: 0.75, exit: 0, hsDir: 0.5 });
  assert.deepEqual(shareOf('C'), { guard: 0, exit: 1, hsDir: 0 });
  assert.deepEqual(shareOf('not listed'), { guard: 0, exit: 0, hsDir: 0 });
});

test('guards that are exits weigh as the consensus says', () => {
  const both = view(
    [relay('A', 'Running Guard Exit', 100), relay('B', 'Running Guard', 100), relay('C', 'Running Exit', 100)],
    {
      Wgg: 0.5,
      Wgd: 0,
      Wee: 1,
      Wed: 1,
    },
  );
  assert.deepEqual(networkShares(both)('A'), { guard: 0, exit: 0.5, hsDir: 0 });
  assert.deepEqual(networkShares(both)('B'), { guard: 1, exit: 0, hsDir: 0 });
});

test('relays that do not run and bad exits count nothing', () => {
  const shareOf = networkShares(
    view([
      relay('A', 'Guard Exit HSDir', 100),
      relay('B', 'Running Exit BadExit', 100),
      relay('C', 'Running Guard Exit', 100),
    ]),
  );
  assert.deepEqual(shareOf('A'), { guard: 0, exit: 0, hsDir: 0 });
  assert.deepEqual(shareOf('B'), { guard: 0, exit: 0, hsDir: 0 });
  assert.deepEqual(shareOf('C'), { guard: 1, exit: 1, hsDir: 0 });
});

test('the shares of all relays of a network add up to one in every position that anyone holds', () => {
  const flags = fc.subarray(['Running', 'Guard', 'Exit', 'HSDir', 'BadExit']).map((list) => list.join(' '));
  fc.assert(
    fc.property(fc.array(fc.tuple(flags, fc.nat(1_000_000)), { maxLength: 30 }), (entries) => {
      const relays = entries.map(([list, bandwidth], index) => relay(`R${index}`, list, bandwidth));
      const shareOf = networkShares(view(relays, { Wgg: 0.6, Wgd: 0.1, Wee: 1, Wed: 0.9 }));
      const sum = addShares(relays.map(({ fingerprint }) => shareOf(fingerprint)));
      for (const position of positions) assert.ok(sum[position] === 0 || Math.abs(sum[position] - 1) < 1e-9);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test('a batch may take down as much as the limit says and no more', () => {
  const tenth = { guard: 0.05, exit: 0, hsDir: 0.1 / 3 };
  assert.equal(fits([tenth], tenth, 0.1), true);
  assert.equal(fits([tenth, tenth], tenth, 0.1), false);
  const third = { guard: 0, exit: 0, hsDir: 0.1 / 3 };
  assert.equal(fits([third, third], third, 0.1), true);
  assert.equal(fits([], { guard: 0, exit: 0.11, hsDir: 0 }, 0.1), false);
});

test('a share is written with the positions it holds', () => {
  assert.equal(
    renderShare({ guard: 0.012, exit: 0, hsDir: 0.00041 }),
    '1.2 % of guard weight, 0.041 % of HSDir weight',
  );
  assert.equal(renderShare({ guard: 0, exit: 0, hsDir: 0 }), 'no guard, exit or HSDir weight');
});
