import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planWalks } from './plan-walks.ts';

const counts = [2, 3, 4, 5, 8, 9, 20, 21, 41];

test('together the walks take every link between two relays once', () => {
  for (const count of counts) {
    const links = planWalks(count).flatMap((walk) =>
      walk.slice(1).map((relay, index) => [walk[index], relay].sort((a = 0, b = 0) => a - b).join('-')),
    );
    assert.equal(links.length, (count * (count - 1)) / 2, `${count} relays`);
    assert.equal(new Set(links).size, links.length, `${count} relays`);
  }
});

test('a walk is a circuit that tor builds: two to eight relays, none twice', () => {
  for (const walk of counts.flatMap((count) => planWalks(count))) {
    assert.ok(walk.length >= 2 && walk.length <= 8);
    assert.equal(new Set(walk).size, walk.length);
  }
});
