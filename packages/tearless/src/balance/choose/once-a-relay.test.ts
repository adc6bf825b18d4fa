import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import { type Layout, listRead } from '../model/layout.ts';
import { relaysOf } from './candidates.ts';
import { chooseLayout } from './choose-layout.ts';
import { expectedShares } from './shares.ts';
import { directoriesOf, layoutOf, workerPoints } from './testing/layouts.ts';

/** Two workers that have two of their three relays in common. */
const points = [0, 1].map((index) => workerPoints({ relayOf: (point) => `relay ${point + index}` }, index));
const relayOf = relaysOf(points);

const choose = (seed: string, previous?: Layout): Layout =>
  layoutOf(
    chooseLayout({
      directories: directoriesOf(),
      points,
      policy: 'distinct',
      round: 0,
      random: randomFromSeed(seed),
      previous,
    }),
  );
const seeds = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('workers with introduction points at the same relays', () => {
  it('are in each descriptor with different relays, as many as there are', () => {
    for (const seed of seeds)
      for (const refs of choose(seed).chosen.values()) {
        const relays = refs.map(({ key }) => relayOf.get(key));
        assert.equal(new Set(relays).size, 4);
        assert.equal(relays.length, 4);
      }
  });

  it('have each the relay to themselves somewhere, and equal shares', () => {
    for (const seed of seeds) {
      const layout = choose(seed);
      assert.equal(new Set([...listRead(layout).values()].flat().map(({ key }) => key)).size, 6);
      for (const share of expectedShares(layout, relayOf).values()) assert.ok(Math.abs(share - 0.5) < 1e-9, seed);
    }
  });

  it('stay where they are while nothing changes', () => {
    for (const seed of seeds) {
      const layout = choose(seed);
      assert.deepEqual(choose(`${seed} again`, layout).chosen, layout.chosen);
    }
  });
});
