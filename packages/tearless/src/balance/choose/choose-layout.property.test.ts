import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { randomFromSeed } from '../../stats/random/random.ts';
import { type Layout, listRead, type Policy } from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';
import { chooseLayout } from './choose-layout.ts';
import { policyCapacity } from './places.ts';
import { expectedShares } from './shares.ts';
import { descriptorBytes, pagesFor, plainFrame, pointBytes } from './size.ts';
import { directoriesOf, layoutOf, workerPoints } from './testing/layouts.ts';

const anyWorkers = fc.array(
  fc.record({
    points: fc.integer({ min: 1, max: 3 }),
    weight: fc.integer({ min: 1, max: 5 }),
    state: fc.constantFrom(
      'in' as const,
      'in' as const,
      'in' as const,
      'out' as const,
      'held' as const,
      'draining' as const,
    ),
  }),
  { minLength: 1, maxLength: 60 },
);
const anyPolicy = fc.constantFrom<Policy>('distinct', 'blend-in', 'single');
const anyCase = fc.record({
  workers: anyWorkers,
  isEven: fc.boolean(),
  policy: anyPolicy,
  stored: fc.integer({ min: 3, max: 4 }),
  round: fc.nat(1000),
  seed: fc.string(),
});
type Case = typeof anyCase extends fc.Arbitrary<infer T> ? T : never;

const make = ({ workers, isEven, policy, stored, round, seed }: Case) => {
  const points = workers.map((worker, index) => workerPoints(isEven ? { ...worker, weight: 1 } : worker, index));
  const isIn = points.filter(({ worker }) => worker.state === 'in');
  const options = { directories: directoriesOf(stored), points, policy, round, random: randomFromSeed(seed) };
  return { points, isIn, options, capacity: policyCapacity[policy] };
};

const count = (layout: Layout, worker: string): number =>
  [...listRead(layout).values()].flat().filter((ref) => ref.worker === worker).length;

const countPoints = (points: readonly WorkerPoints[]): number =>
  points.reduce((sum, { introPoints }) => sum + introPoints.length, 0);

const check = (property: (one: Case) => void) =>
  fc.assert(
    fc.property(anyCase, (one) => {
      fc.pre(one.workers.some(({ state }) => state === 'in'));
      property(one);
    }),
    { seed: 4, numRuns: 300 },
  );

describe('a layout of any size', () => {
  it('gives every directory a descriptor that clients and directories take', () => {
    check((one) => {
      const { options, points, capacity } = make(one);
      const layout = layoutOf(chooseLayout(options));
      assert.deepEqual([...layout.chosen.keys()].sort(), options.directories.map((d) => d.fingerprint).sort());
      for (const refs of layout.chosen.values()) {
        assert.ok(refs.length >= 1 && refs.length <= capacity, `${refs.length} points`);
        assert.equal(new Set(refs.map(({ key }) => key)).size, refs.length, 'a point twice in one descriptor');
        const bytes = refs.reduce((sum, ref) => {
          const worker = points.find(({ worker: { id } }) => id === ref.worker);
          assert.ok(worker?.worker.state === 'in', `${ref.worker} is ${worker?.worker.state}`);
          const point = worker.introPoints[ref.index];
          assert.ok(point);
          return sum + pointBytes(point);
        }, plainFrame.innerBytes);
        const pages = pagesFor(bytes, plainFrame.authClients);
        assert.ok(descriptorBytes(pages) < 50_000);
        if (one.policy === 'blend-in') assert.equal(pages, 1);
      }
    });
  });

  it('has every point where they fit, and every worker in two replicas where workers fit twice', () => {
    check((one) => {
      const { isIn, options, capacity } = make(one);
      const layout = layoutOf(chooseLayout(options));
      const read = listRead(layout);
      const room = capacity * (one.policy === 'single' ? 1 : read.size);
      const places = isIn.reduce((sum, { introPoints }) => sum + Math.max(2, introPoints.length), 0);
      const inPlay = new Set([...read.values()].flat().map(({ key }) => key)).size;
      if (one.policy === 'single') {
        if (one.isEven) assert.equal(inPlay, Math.min(room, countPoints(isIn)));
        if (isIn.length <= room) for (const { worker } of isIn) assert.ok(count(layout, worker.id) > 0);
        return;
      }
      if (places <= room) assert.equal(inPlay, countPoints(isIn));
      for (const { worker } of isIn) {
        const replicas = new Set(
          [...read].filter(([, refs]) => refs.some((ref) => ref.worker === worker.id)).map(([name]) => name[0]),
        );
        if (2 * isIn.length <= room) assert.equal(replicas.size, 2, `${worker.id} is in replicas ${[...replicas]}`);
        else if (isIn.length <= room) assert.ok(replicas.size >= 1, `${worker.id} is nowhere`);
      }
    });
  });

  it('is one full descriptor everywhere when all points fit and weights are equal', () => {
    check((one) => {
      const { isIn, options, capacity } = make({ ...one, isEven: true });
      fc.pre(countPoints(isIn) <= capacity);
      const layout = layoutOf(chooseLayout(options));
      for (const refs of layout.chosen.values()) assert.equal(refs.length, countPoints(isIn));
    });
  });

  it('has shares within a place of what weights say, but for workers that have all or the least they can', () => {
    check((one) => {
      const { isIn, options, capacity } = make(one);
      fc.pre(one.policy !== 'single' && !(one.isEven && countPoints(isIn) <= capacity));
      const layout = layoutOf(chooseLayout(options));
      const [size = 0] = [...listRead(layout).values()].map((refs) => refs.length);
      const places = 6 * size;
      const isFull = isIn.reduce((sum, { introPoints }) => sum + Math.max(2, introPoints.length), 0) > 6 * capacity;
      const shares = expectedShares(layout);
      // Of two workers that are at no limit, each may be a place off: so the ratio of places to weight says.
      const free = isIn.filter(({ worker, introPoints }) => {
        const had = Math.round((shares.get(worker.id) ?? 0) * places);
        assert.ok(Math.abs((shares.get(worker.id) ?? 0) * places - had) < 1e-9, 'descriptors differ in size');
        return had < 6 * introPoints.length && had > (isFull ? 2 : Math.max(2, introPoints.length));
      });
      const bounds = free.map(({ worker }) => {
        const had = (shares.get(worker.id) ?? 0) * places;
        return { low: (had - 1) / worker.weight, high: (had + 1) / worker.weight };
      });
      const low = Math.max(...bounds.map((bound) => bound.low));
      const high = Math.min(...bounds.map((bound) => bound.high));
      assert.ok(free.length === 0 || low < high + 1e-9, `${low} to ${high}`);
    });
  });

  it('spreads each worker evenly over the directories', () => {
    check((one) => {
      const { isIn, options } = make(one);
      const read = [...listRead(layoutOf(chooseLayout(options))).values()];
      for (const { worker } of isIn) {
        const counts = read.map((refs) => refs.filter((ref) => ref.worker === worker.id).length);
        assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${worker.id}: ${counts}`);
      }
    });
  });

  it('stays as it is when nothing changed', () => {
    check((one) => {
      const { options } = make(one);
      const previous = layoutOf(chooseLayout(options));
      const again = layoutOf(chooseLayout({ ...options, previous, random: randomFromSeed('another') }));
      assert.deepEqual(sorted(again), sorted(previous));
    });
  });
});

const sorted = ({ chosen, copies }: Layout) => ({
  chosen: [...chosen].sort(([a], [b]) => (a < b ? -1 : 1)),
  copies: [...copies].sort(([a], [b]) => (a < b ? -1 : 1)),
});
