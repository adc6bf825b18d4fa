import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import { shuffle } from '../../stats/random/shuffle.ts';
import type { PointRef } from '../model/layout.ts';
import { tellApart } from './tell-apart.ts';

const ref = (worker: string, index: number): PointRef => ({ worker, index, key: `${worker}${index}` });
const directory = (fingerprint: string, replica: number) => ({ fingerprint, replicas: [replica] });
const nameOf = (refs: readonly PointRef[]): string =>
  refs
    .map(({ key }) => key)
    .sort()
    .join();

const [v0, v1, w0, w1, x0, y0] = [ref('v', 0), ref('v', 1), ref('w', 0), ref('w', 1), ref('x', 0), ref('y', 0)];

describe('directories that would get the same points', () => {
  const directories = [directory('a1', 1), directory('b1', 1), directory('a2', 2), directory('b2', 2)];

  it('exchange points of one worker: nobody has another place more', () => {
    const alike = new Map([
      ['a1', [v0, w0]],
      ['b1', [v1, w1]],
      ['a2', [v0, w0]],
      ['b2', [v1, w1]],
    ]);
    const apart = tellApart(alike, { directories, points: [v0, v1, w0, w1], relayOf: new Map() });
    assert.equal(new Set([...apart.values()].map(nameOf)).size, 4);
    for (const refs of apart.values()) assert.deepEqual(refs.map(({ worker }) => worker).sort(), ['v', 'w']);
    for (const { key } of [v0, v1, w0, w1])
      assert.equal([...apart.values()].flat().filter((one) => one.key === key).length, 2);
  });

  it('exchange points of one replica where they meet at relays', () => {
    const relayOf = new Map([
      [v0.key, 'r'],
      [w0.key, 'r'],
      [x0.key, 's'],
      [y0.key, 's'],
    ]);
    const alike = new Map([
      ['a1', [v0, x0]],
      ['b1', [w0, y0]],
      ['a2', [v0, x0]],
      ['b2', [w0, y0]],
    ]);
    const apart = tellApart(alike, { directories, points: [v0, w0, x0, y0], relayOf });
    assert.equal(new Set([...apart.values()].map(nameOf)).size, 4);
    for (const [one, other] of [
      ['a1', 'b1'],
      ['a2', 'b2'],
    ] as const)
      assert.equal(nameOf([...(apart.get(one) ?? []), ...(apart.get(other) ?? [])]), 'v0,w0,x0,y0');
    for (const refs of apart.values()) assert.equal(new Set(refs.map(({ key }) => relayOf.get(key))).size, 2);
  });

  it('exchange points of two replicas where nothing else helps, and every worker stays in both', () => {
    const relayOf = new Map([
      ...[v0, w1].map(({ key }) => [key, 'r'] as const),
      ...[v1, w0, x0].map(({ key }) => [key, 's'] as const),
    ]);
    const alike = new Map([
      ['a1', [v1, w1]],
      ['b1', [x0, w1]],
      ['a2', [v0, w0]],
      ['b2', [v0, w0]],
    ]);
    const apart = tellApart(alike, { directories, points: [v0, v1, w0, w1, x0], relayOf });
    assert.equal(new Set([...apart.values()].map(nameOf)).size, 4);
    const workersOf = (...names: string[]): string[] =>
      names.flatMap((name) => apart.get(name) ?? []).map(({ worker }) => worker);
    assert.deepEqual(workersOf('a1', 'b1', 'a2', 'b2').sort(), ['v', 'v', 'v', 'w', 'w', 'w', 'w', 'x']);
    for (const replica of [workersOf('a1', 'b1'), workersOf('a2', 'b2')])
      for (const worker of ['v', 'w']) assert.ok(replica.includes(worker), `${worker} in ${replica.join()}`);
    for (const refs of apart.values()) assert.equal(new Set(refs.map(({ key }) => relayOf.get(key))).size, 2);
  });

  it('keep them where nothing else can be had, and where none are alike nothing moves', () => {
    const one = new Map([
      ['a1', [v0]],
      ['a2', [v0]],
    ]);
    assert.deepEqual([...tellApart(one, { directories, points: [v0], relayOf: new Map() }).values()], [[v0], [v0]]);
    const apart = new Map([
      ['a1', [v0]],
      ['a2', [w0]],
    ]);
    assert.equal(tellApart(apart, { directories, points: [v0, w0], relayOf: new Map() }), apart);
  });

  it('come apart where both replicas were the same three parts, with hardly more relays than places', () => {
    const workers = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const relays = Array.from({ length: 9 }, (_, index) => `relay${index}`);
    const six = [1, 2].flatMap((replica) => [0, 1, 2].map((part) => directory(`${replica}.${part}`, replica)));
    for (let turn = 0; turn < 100; turn++) {
      const random = randomFromSeed(`three parts ${turn}`);
      const relayOf = new Map<string, string>();
      const parts = [0, 1, 2].map((part) => {
        const places = shuffle(relays, random);
        return workers.map((worker, index) => {
          const point = ref(worker, part);
          relayOf.set(point.key, places[index] ?? '');
          return point;
        });
      });
      const alike = new Map(six.map(({ fingerprint }, index) => [fingerprint, parts[index % 3] ?? []]));
      const apart = tellApart(alike, { directories: six, points: parts.flat(), relayOf });
      assert.equal(new Set([...apart.values()].map(nameOf)).size, 6, `turn ${turn}`);
      for (const refs of apart.values()) {
        assert.equal(new Set(refs.map(({ key }) => relayOf.get(key))).size, 8);
      }
      for (const worker of workers)
        assert.equal([...apart.values()].flat().filter((one) => one.worker === worker).length, 6);
    }
  });
});
