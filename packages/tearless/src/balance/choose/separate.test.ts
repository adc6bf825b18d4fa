import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import { type Layout, listRead } from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';
import { relaysOf } from './candidates.ts';
import { chooseLayout } from './choose-layout.ts';
import { countHidden, expectedShares } from './shares.ts';
import { directoriesOf, layoutOf, workerPoints } from './testing/layouts.ts';

/** Each worker's points are at different relays, as tor chooses them. */
const workersAt = (count: number, relays: number, seed: string, weights: readonly number[] = [1]): WorkerPoints[] => {
  const random = randomFromSeed(seed);
  return Array.from({ length: count }, (_, index) => {
    const first = random.below(relays);
    const step = 1 + random.below(Math.floor((relays - 1) / 3));
    const relayOf = (point: number) => `relay ${(first + point * step) % relays}`;
    return workerPoints({ weight: weights[index % weights.length] ?? 1, relayOf }, index);
  });
};

const choose = (points: readonly WorkerPoints[], seed: string, previous?: Layout): Layout =>
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

/** Points that stand behind another at the same relay. */
const countAllHidden = (layout: Layout, points: readonly WorkerPoints[]): number => {
  const relayOf = relaysOf(points);
  return [...listRead(layout).values()].reduce((sum, refs) => sum + countHidden(refs, relayOf), 0);
};

describe('points at one relay', () => {
  it('stand in different descriptors in a network of 500 relays', () => {
    for (const seed of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const points = workersAt(40, 500, seed);
      assert.equal(countAllHidden(choose(points, seed), points), 0, seed);
    }
  });

  it('never share one in a network of 15, and shares follow weights there too', () => {
    for (const seed of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const points = workersAt(12, 15, seed, [1, 3]);
      const layout = choose(points, seed);
      assert.equal(countAllHidden(layout, points), 0);
      for (const [worker, share] of expectedShares(layout)) {
        const wanted = (Number(worker.slice(1)) % 2 === 0 ? 1 : 3) / 24;
        assert.ok(Math.abs(share - wanted) < 0.01, `${worker}: ${share} for ${wanted}`);
      }
    }
  });

  it('do not make a descriptor longer than there are relays', () => {
    const points = workersAt(12, 9, 'few');
    for (const refs of choose(points, 'few').chosen.values()) assert.ok(refs.length <= 9);
  });

  it('stay apart without moving again when nothing changed', () => {
    const points = workersAt(20, 40, 'still');
    const before = choose(points, 'one');
    const after = choose(points, 'other', before);
    for (const [fingerprint, refs] of listRead(after)) assert.deepEqual(refs, before.chosen.get(fingerprint));
  });
});
