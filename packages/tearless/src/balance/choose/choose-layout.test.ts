import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import type { Directory } from '../model/directory.ts';
import { findPoint, type Layout, listRead, type Policy } from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';
import { chooseLayout, type LayoutOptions } from './choose-layout.ts';
import { expectedShares } from './shares.ts';
import { directoriesOf, directoryNamed, layoutOf, type WorkerShape, workerPoints } from './testing/layouts.ts';

const workersOf = (count: number, shape: WorkerShape = {}): WorkerPoints[] =>
  Array.from({ length: count }, (_, index) => workerPoints(shape, index));

const choose = (points: readonly WorkerPoints[], options: Partial<LayoutOptions> = {}) =>
  chooseLayout({
    directories: directoriesOf(),
    points,
    policy: 'distinct',
    round: 0,
    random: randomFromSeed('choose'),
    ...options,
  });

const layout = (points: readonly WorkerPoints[], options: Partial<LayoutOptions> = {}): Layout =>
  layoutOf(choose(points, options));

/** Points that stood in a directory that is still read, and are no longer there though they could be. */
const countMoved = (before: Layout, after: Layout, points: readonly WorkerPoints[]): number => {
  let moved = 0;
  for (const [fingerprint, refs] of listRead(after)) {
    for (const ref of listRead(before).get(fingerprint) ?? []) {
      if (findPoint(ref, points) !== undefined && !refs.some(({ key }) => key === ref.key)) moved++;
    }
  }
  return moved;
};

const keysIn = (one: Layout, fingerprint: string): string[] =>
  (one.chosen.get(fingerprint) ?? []).map(({ key }) => key).sort();

describe('a layout', () => {
  it('of 40 workers with three points each has all 120 in six descriptors of 20, all different', () => {
    const read = listRead(layout(workersOf(40)));
    assert.equal(read.size, 6);
    assert.ok([...read.values()].every((refs) => refs.length === 20));
    assert.equal(new Set([...read.values()].flat().map(({ key }) => key)).size, 120);
  });

  it('that blends in has 48 points in descriptors of 8', () => {
    const read = listRead(layout(workersOf(16), { policy: 'blend-in' }));
    assert.ok([...read.values()].every((refs) => refs.length === 8));
    assert.equal(new Set([...read.values()].flat().map(({ key }) => key)).size, 48);
  });

  it('under the policy single is the same everywhere, and no larger than clients take', () => {
    const { chosen } = layout(workersOf(12), { policy: 'single' });
    const [first, ...others] = [...chosen.values()];
    assert.equal(first?.length, 20);
    const keys = (refs: typeof first) => (refs ?? []).map(({ key }) => key).sort();
    for (const refs of others) assert.deepEqual(keys(refs), keys(first));
  });

  for (const policy of ['distinct', 'single'] as const)
    it(`follows weights also where all points would fit one descriptor (${policy})`, () => {
      const points = [workerPoints({ weight: 1 }, 0), workerPoints({ weight: 3 }, 1)];
      assert.deepEqual(sharesOf(layout(points, { policy })), [0.25, 0.75]);
    });

  it('gives 12 workers of weights 1 and 3 their shares to within 1 %', () => {
    const points = Array.from({ length: 12 }, (_, index) => workerPoints({ weight: index < 6 ? 1 : 3 }, index));
    for (const [index, share] of sharesOf(layout(points)).entries()) {
      const wanted = (index < 6 ? 1 : 3) / 24;
      assert.ok(Math.abs(share - wanted) < 0.01, `${share} for ${wanted}`);
    }
  });

  it('gives spare directories copies of one of their own replica', () => {
    const { chosen, copies } = layout(workersOf(12));
    assert.deepEqual([...copies.keys()], ['1.3', '2.3']);
    for (const [spare, source] of copies) {
      assert.equal(spare[0], source[0]);
      assert.deepEqual(chosen.get(spare), chosen.get(source));
    }
  });

  it('has copies of different directories where there are several spares', () => {
    const { copies } = layout(workersOf(12), { directories: directoriesOf(6, 3) });
    assert.equal(copies.size, 6);
    assert.equal(new Set(copies.values()).size, 6);
  });

  it('has every worker under both replicas in a ring so small that these differ in size', () => {
    const directories = directoriesOf(3, 3).filter(({ fingerprint }) => fingerprint !== '2.2');
    const read = listRead(layout(workersOf(40, { points: 1 }), { directories }));
    for (const replica of ['1', '2']) {
      const found = [...read].flatMap(([name, refs]) => (name.startsWith(replica) ? refs : []));
      assert.equal(new Set(found.map(({ worker }) => worker)).size, 40, `replica ${replica}`);
    }
  });

  for (const [policy, count, least] of [
    ['distinct', 60, 2],
    ['blend-in', 40, 1],
  ] as const)
    it(`leaves no worker out for its small weight where all have room (${policy})`, () => {
      const points = Array.from({ length: count }, (_, index) =>
        workerPoints({ weight: index % 2 === 0 ? 1 : 50 }, index),
      );
      const refs = [...listRead(layout(points, { policy })).values()].flat();
      for (const { worker } of points) {
        assert.ok(refs.filter((ref) => ref.worker === worker.id).length >= least, worker.id);
      }
    });

  it('sets aside a point that is no work of tor’s, and one that two workers claim', () => {
    const [first, second] = workersOf(2);
    assert.ok(first?.introPoints[0] && second?.introPoints[0]);
    const long = { ...first.introPoints[0], unknown: ['x'.repeat(400)] };
    const claimed = [first.introPoints[1] ?? long, ...second.introPoints];
    const choice = choose([
      { ...first, introPoints: [long, ...first.introPoints.slice(1)] },
      { ...second, introPoints: claimed },
    ]);
    assert.deepEqual(
      choice.setAside.map(({ ref, why }) => [ref.worker, ref.index, why]),
      [
        ['w0', 0, 'it takes 1171 bytes of a descriptor; tor’s take less than 800'],
        ['w1', 0, 'worker w0 has the same introduction point'],
      ],
    );
    for (const refs of layoutOf(choice).chosen.values()) assert.equal(refs.length, 5);
  });

  it('makes room for lines of authorized clients', () => {
    const frame = { innerBytes: 64, authClients: 400 };
    const sizes = [...layout(workersOf(12), { frame }).chosen.values()].map((refs) => refs.length);
    assert.ok(
      sizes.every((size) => size < 20 && size >= 1),
      String(sizes),
    );
    const choice = choose(workersOf(2), { frame: { innerBytes: 64, authClients: 1600 } });
    assert.equal(choice.kind === 'none' && choice.reason, 'no-room');
  });
});

describe('a layout that cannot be', () => {
  for (const [reason, points, directories] of [
    ['no-directories', workersOf(2), []],
    ['no-workers', [], directoriesOf()],
    ['all-out', [workerPoints({ state: 'out' }, 0), workerPoints({ state: 'draining' }, 1)], directoriesOf()],
    ['no-points', [workerPoints({ points: 0 }, 0), workerPoints({ state: 'out' }, 1)], directoriesOf()],
  ] as const)
    it(`has a name: ${reason}`, () => {
      assert.deepEqual(choose(points, { directories }), { kind: 'none', reason, setAside: [] });
    });
});

describe('what moves', () => {
  for (const count of [7, 12, 25, 40]) {
    it(`is nothing but the new directory when one of the ring is replaced, with ${count} workers`, () => {
      const points = workersOf(count);
      const before = layout(points);
      for (const gone of ['1.0', '2.1']) {
        const replica = Number(gone[0]);
        const directories: Directory[] = [
          ...directoriesOf().filter(({ fingerprint }) => fingerprint !== gone),
          directoryNamed('new', replica, true),
        ];
        const after = layout(points, { directories, previous: before });
        assert.equal(countMoved(before, after, points), 0);
        assert.equal(new Set(keysIn(after, 'new')).size, keysIn(before, gone).length);
      }
    });

    it(`is nothing when a spare takes the place of a directory that clients read, with ${count} workers`, () => {
      const points = workersOf(count);
      const before = layout(points);
      const directories = directoriesOf()
        .filter(({ fingerprint }) => fingerprint !== '1.0')
        .map((directory) => (directory.fingerprint === '1.3' ? { ...directory, isFetched: true } : directory));
      assert.equal(countMoved(before, layout(points, { directories, previous: before }), points), 0);
    });

    it(`is at most twice the places that a worker leaves or takes, with ${count} workers`, () => {
      const points = workersOf(count);
      const fewer = points.filter(({ worker }) => worker.id !== 'w3');
      const before = layout(points);
      const without = layout(fewer, { previous: before });
      const freed = [...listRead(before).values()].flat().filter(({ worker }) => worker === 'w3').length;
      // The others take what is free, so nothing of theirs has to go; but evenness may want some exchanges.
      assert.ok(countMoved(before, without, fewer) <= 2 * freed, `${countMoved(before, without, fewer)} of ${freed}`);
      const again = layout(points, { previous: without });
      const taken = [...listRead(again).values()].flat().filter(({ worker }) => worker === 'w3').length;
      assert.ok(countMoved(without, again, points) <= 2 * taken, `${countMoved(without, again, points)} of ${taken}`);
    });
  }

  for (const count of [25, 60])
    it(`is only the point itself when a worker has a new one for an old one, with ${count} workers`, () => {
      const points = workersOf(count);
      const before = layout(points);
      for (let gone = 0; gone < 3; gone++) {
        const fresh = workerPoints({ id: `new ${gone}`, points: 1 }, 0).introPoints;
        const changed = points.map((one, index) =>
          index === 4 ? { ...one, introPoints: [...one.introPoints.filter((_, at) => at !== gone), ...fresh] } : one,
        );
        assert.equal(countMoved(before, layout(changed, { previous: before }), changed), 0);
      }
    });
});

describe('rotation', () => {
  for (const [policy, count, weights] of [
    ['distinct', 60, [1]],
    ['distinct', 60, [1, 3]],
    ['blend-in', 20, [1]],
    ['blend-in', 60, [1, 2, 5]],
    ['single', 12, [1]],
    ['single', 50, [1, 2]],
  ] as const satisfies readonly (readonly [Policy, number, readonly number[]])[])
    it(`lets every point in for its time: ${count} workers, weights ${weights}, ${policy}`, () => {
      const points = Array.from({ length: count }, (_, index) =>
        workerPoints({ weight: weights[index % weights.length] ?? 1 }, index),
      );
      const rounds = 150;
      const timesIn = new Map<string, number>();
      let previous: Layout | undefined;
      for (let round = 0; round < rounds; round++) {
        previous = layout(points, { policy, round, previous });
        for (const { key } of new Map([...listRead(previous).values()].flat().map((ref) => [ref.key, ref])).values())
          timesIn.set(key, (timesIn.get(key) ?? 0) + 1);
      }
      assert.equal(timesIn.size, 3 * count, 'some were never in');
      for (let worker = 0; worker < count; worker++) {
        const times = [...timesIn].filter(([key]) => ownsKey(points[worker], key)).map(([, time]) => time);
        const spread = Math.max(...times) - Math.min(...times);
        assert.ok(spread <= 0.06 * rounds, `worker ${worker}: its points were in ${times} times of ${rounds}`);
      }
    });
});

const ownsKey = (worker: WorkerPoints | undefined, key: string): boolean =>
  worker !== undefined && findPoint({ worker: worker.worker.id, index: 0, key }, [worker]) !== undefined;

const sharesOf = (one: Layout): number[] =>
  [...expectedShares(one)]
    .sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)))
    .map(([, share]) => Number(share.toFixed(6)));
