// Layouts where introduction points meet at relays: no relay is twice in a descriptor, and shares are as the weights are.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { randomFromSeed } from '../../stats/random/random.ts';
import { findPoint, type Layout, listRead } from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';
import { relaysOf } from './candidates.ts';
import { chooseLayout } from './choose-layout.ts';
import { countHidden, distanceOf } from './shares.ts';
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
/** As many workers as have room for all their points, in networks of as many relays as descriptors need. */
const anyShape: fc.Arbitrary<MeetingShape> = fc.record({
  weights: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 8, maxLength: 14 }),
  relays: fc.integer({ min: 10, max: 60 }),
  slope: fc.constantFrom(0, 0.5, 1),
});

const check = (runs: number, property: (points: WorkerPoints[], seed: string) => void) =>
  fc.assert(
    fc.property(anyShape, fc.string(), (shape, seed) => property(meetingWorkers(shape, randomFromSeed(seed)), seed)),
    { seed: 7, numRuns: runs },
  );

suite('points that meet at relays', () => {
  for (const [relays, slope, leastInPlay] of [
    [40, 0, 36],
    [40, 1, 30],
    [15, 0, 28],
    [8, 0, 24],
    [8, 1, 20],
  ] as const)
    test(`leave weights of 1 and 3 as they are: ${relays} relays${slope > 0 ? ' of very different bandwidth' : ''}`, () => {
      for (const seed of ['a', 'b', 'c', 'd']) {
        const points = meetingWorkers({ weights: oneAndThree, relays, slope }, randomFromSeed(seed));
        const layout = choose(points, seed);
        assert.ok(distance(layout, points) < 0.03, `${seed}: ${distance(layout, points)}`);
        assert.ok(inPlay(layout) >= leastInPlay, `${seed}: ${inPlay(layout)} points in play`);
      }
    });

  test('leave any weights as they are, and are never in one descriptor', () => {
    check(25, (points, seed) => {
      const layout = choose(points, seed);
      assert.ok(distance(layout, points) < 0.03, String(distance(layout, points)));
      const relayOf = relaysOf(points);
      for (const refs of layout.chosen.values()) {
        assert.equal(new Set(refs.map(({ key }) => relayOf.get(key))).size, refs.length, 'a relay twice');
        assert.ok(refs.length <= 20);
      }
    });
  });

  test('are in no descriptor together either where not all points have a place', () => {
    const weights = Array.from({ length: 50 }, (_, index) => 1 + (index % 3));
    const points = meetingWorkers({ weights, relays: 60, slope: 1 }, randomFromSeed('many'));
    const relayOf = relaysOf(points);
    const layout = choose(points, 'many');
    for (const refs of layout.chosen.values()) assert.equal(countHidden(refs, relayOf), 0);
    assert.deepEqual(new Map(listRead(choose(points, 'again', layout))), new Map(listRead(layout)));
  });

  test('leave every worker to be found under both replicas, but for a few', () => {
    let found = 0;
    let all = 0;
    check(20, (points, seed) => {
      const layout = choose(points, seed);
      for (const { worker } of points) {
        const sides = [...listRead(layout)].flatMap(([name, refs]) =>
          refs.some((ref) => ref.worker === worker.id) ? [name[0]] : [],
        );
        assert.ok(sides.length > 0, `${worker.id} is nowhere`);
        found += new Set(sides).size;
        all += 2;
      }
    });
    assert.ok(found / all > 0.97, `${found} of ${all}`);
  });

  test('stay where they are when nothing changed', () => {
    check(20, (points, seed) => {
      const before = choose(points, seed);
      const again = choose(points, `${seed} again`, before);
      assert.deepEqual(new Map(listRead(again)), new Map(listRead(before)));
    });
  });

  test('move where they leave workers without a place only to bring one in or shares nearer', () => {
    let isShort = false;
    for (const seed of ['a', 'b', 'c']) {
      const points = meetingWorkers({ weights: new Array(80).fill(1), relays: 60, slope: 1 }, randomFromSeed(seed));
      const missing = (layout: Layout): number =>
        points.length - new Set([...listRead(layout).values()].flat().map(({ worker }) => worker)).size;
      let before = choose(points, seed);
      for (let turn = 0; turn < 6; turn++) {
        const after = choose(points, `${seed} ${turn}`, before);
        isShort ||= missing(after) > 0;
        const isBetter = missing(after) < missing(before) || distance(after, points) < distance(before, points) - 0.005;
        if (!isBetter) assert.deepEqual(new Map(listRead(after)), new Map(listRead(before)), `${seed} ${turn}`);
        before = after;
      }
    }
    assert.ok(isShort, 'all have a place: the test has no subject');
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
