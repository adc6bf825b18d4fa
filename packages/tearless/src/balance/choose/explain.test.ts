import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import type { Policy } from '../model/layout.ts';
import { chooseLayout } from './choose-layout.ts';
import { type ComingChange, explainLayout } from './explain.ts';
import { directoriesOf, layoutOf, type WorkerShape, workerPoints } from './testing/layouts.ts';

const explain = (shapes: readonly WorkerShape[], policy: Policy = 'distinct', coming: readonly ComingChange[] = []) => {
  const points = shapes.map(workerPoints);
  const random = randomFromSeed('explain');
  const layout = layoutOf(chooseLayout({ directories: directoriesOf(), points, policy, round: 0, random }));
  return explainLayout(layout, points, coming);
};

const repeat = (count: number, shape: WorkerShape): WorkerShape[] => Array.from({ length: count }, () => shape);

describe('the explanation of a layout', () => {
  it('says what part of a directory’s clients each worker gets, and of which one a spare has a copy', () => {
    const { directories } = explain([{ weight: 1 }, { weight: 3 }]);
    assert.equal(directories.length, 8);
    for (const { workers } of directories) {
      assert.deepEqual(workers, [
        { worker: 'w0', points: 1, share: 0.25 },
        { worker: 'w1', points: 3, share: 0.75 },
      ]);
    }
    const spares = directories.filter(({ copyOf }) => copyOf !== null);
    assert.deepEqual(
      spares.map(({ fingerprint }) => fingerprint),
      ['1.3', '2.3'],
    );
  });

  it('has nothing to excuse where shares follow weights', () => {
    const { workers } = explain([...repeat(6, { weight: 1 }), ...repeat(6, { weight: 3 })]);
    assert.deepEqual(
      workers.map(({ why }) => why),
      repeat(12, {}).map(() => null),
    );
    assert.ok(workers.every(({ pointsInPlay, points }) => pointsInPlay === 3 && points === 3));
  });

  it('says why a worker gets nothing', () => {
    const { workers } = explain([{}, { state: 'draining' }, { state: 'held' }, { points: 0 }]);
    assert.deepEqual(
      workers.map(({ why, expectedShare }) => [why, expectedShare]),
      [
        [null, 1],
        ['it is draining: no new clients are sent to it', 0],
        ['it is held: no new clients are sent to it', 0],
        ['none of its introduction points are known', 0],
      ],
    );
  });

  it('says why a worker gets more or less than its weight', () => {
    const one = explain([{ points: 1 }, { points: 3 }]).workers.map(({ why }) => why);
    assert.deepEqual(
      one,
      repeat(2, {}).map(() => 'all directories have the same descriptor: clients take any of its points'),
    );
    const full = explain([{ points: 1, weight: 9 }, ...repeat(9, { weight: 1 })]).workers;
    assert.equal(
      full[0]?.why,
      'all its points are in every descriptor: more introduction points would bring it more clients',
    );
    assert.ok((full[0]?.expectedShare ?? 1) < (full[0]?.wantedShare ?? 0));
    const crowded = explain(repeat(40, {}).map((_, index) => ({ weight: index === 0 ? 5 : 1 }))).workers;
    assert.equal(crowded[0]?.why, 'other workers need the places: each has to be found by clients');
    const waiting = explain(repeat(60, {}), 'blend-in').workers.filter(({ pointsInPlay }) => pointsInPlay === 0);
    assert.equal(waiting.length, 12);
    assert.equal(waiting[0]?.why, 'there are more points than places: its turn comes with a later rotation');
  });

  it('lists what comes next, the end of what is known of points included', () => {
    const { coming } = explain([{}, { state: 'out' }], 'distinct', [
      { atMs: 4 * 3_600_000, why: 'the time period changes' },
      { atMs: 1_000, why: 'a round is due' },
    ]);
    assert.deepEqual(
      coming.map(({ atMs, why }) => [atMs, why.slice(0, 30)]),
      [
        [1_000, 'a round is due'],
        [3 * 3_600_000, 'what is known of the introduct'],
        [4 * 3_600_000, 'the time period changes'],
      ],
    );
  });
});
