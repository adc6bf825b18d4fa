// Shares where introduction points meet at relays: of several in one descriptor, tor's client takes the first alone.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { randomFromSeed } from '../../stats/random/random.ts';
import { findPoint, type Layout, listRead } from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';
import { relaysOf } from './candidates.ts';
import { chooseLayout } from './choose-layout.ts';
import { distanceOf } from './fit.ts';
import { groupByRelay } from './shares.ts';
import { directoriesOf, directoryNamed, layoutOf } from './testing/layouts.ts';
import { type MeetingShape, meetingWorkers } from './testing/meeting.ts';

const choose = (
  points: readonly WorkerPoints[],
  seed: string,
  previous?: Layout,
  directories = directoriesOf(),
): Layout =>
  layoutOf(chooseLayout({ directories, points, policy: 'distinct', round: 0, random: randomFromSeed(seed), previous }));

/** Part of all new clients that go to another worker than the weights say. */
const distance = (layout: Layout, points: readonly WorkerPoints[]): number =>
  distanceOf(listRead(layout), {
    relayOf: relaysOf(points),
    weights: new Map(points.map(({ worker }) => [worker.id, worker.weight])),
  });

const inPlay = (layout: Layout): number => new Set([...listRead(layout).values()].flat().map(({ key }) => key)).size;

const oneAndThree = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? 1 : 3));
/** As many points as can all have their places by weight. */
const anyShape: fc.Arbitrary<MeetingShape> = fc.record({
  weights: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 8, maxLength: 14 }),
  relays: fc.integer({ min: 6, max: 60 }),
  slope: fc.constantFrom(0, 0.5, 1, 1.5),
});

const check = (runs: number, property: (points: WorkerPoints[], seed: string) => void) =>
  fc.assert(
    fc.property(anyShape, fc.string(), (shape, seed) => property(meetingWorkers(shape, randomFromSeed(seed)), seed)),
    { seed: 7, numRuns: runs },
  );

suite('points that meet at relays', () => {
  for (const [relays, slope] of [
    [40, 0],
    [40, 1],
    [15, 0],
    [8, 0],
    [8, 1],
  ] as const)
    test(`leave weights of 1 and 3 as they are: ${relays} relays${slope > 0 ? ' of very different bandwidth' : ''}`, () => {
      for (const seed of ['a', 'b', 'c', 'd']) {
        const points = meetingWorkers({ weights: oneAndThree, relays, slope }, randomFromSeed(seed));
        const layout = choose(points, seed);
        assert.ok(distance(layout, points) < 0.015, `${seed}: ${distance(layout, points)}`);
        assert.equal(inPlay(layout), 36);
      }
    });

  test('leave any weights as they are, and every point in play', () => {
    check(60, (points, seed) => {
      const layout = choose(points, seed);
      assert.ok(distance(layout, points) < 0.03, String(distance(layout, points)));
      assert.equal(inPlay(layout), 3 * points.length);
      const sizes = new Set([...listRead(layout).values()].map((refs) => refs.length));
      assert.equal(sizes.size, 1);
      for (const refs of listRead(layout).values())
        assert.equal(new Set(refs.map(({ key }) => key)).size, refs.length, 'a point twice in one descriptor');
    });
  });

  test('leave every worker to be found under both replicas, but for a few', () => {
    let found = 0;
    let all = 0;
    check(40, (points, seed) => {
      const layout = choose(points, seed);
      const relayOf = relaysOf(points);
      for (const { worker } of points) {
        const sides = [...listRead(layout)].flatMap(([name, refs]) =>
          groupByRelay(refs, relayOf).some(([leader]) => leader?.worker === worker.id) ? [name[0]] : [],
        );
        assert.ok(sides.length > 0, `${worker.id} is nowhere`);
        found += new Set(sides).size;
        all += 2;
      }
    });
    assert.ok(found / all > 0.97, `${found} of ${all}`);
  });

  test('stay where they are when nothing changed', () => {
    check(40, (points, seed) => {
      const before = choose(points, seed);
      const again = choose(points, `${seed} again`, before);
      assert.deepEqual(new Map(listRead(again)), new Map(listRead(before)));
    });
  });

  test('follow other weights, and another directory', () => {
    const points = meetingWorkers({ weights: oneAndThree, relays: 20, slope: 1 }, randomFromSeed('turned'));
    const before = choose(points, 'one');
    const turned = points.map((one, index) => ({ ...one, worker: { ...one.worker, weight: index < 6 ? 1 : 3 } }));
    assert.ok(distance(before, turned) > 0.1);
    const directories = [
      ...directoriesOf().filter(({ fingerprint }) => fingerprint !== '1.0'),
      directoryNamed('new', 1, true),
    ];
    for (const after of [choose(turned, 'other', before), choose(turned, 'other', before, directories)]) {
      assert.ok(distance(after, turned) < 0.015, String(distance(after, turned)));
      for (const ref of [...after.chosen.values()].flat()) assert.ok(findPoint(ref, turned) !== undefined);
    }
  });
});
