import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawNormal, drawSkewed } from '../random/draw.ts';
import { type Random, randomFromSeed } from '../random/random.ts';
import { lowCluster, lowClusterNull } from './low-cluster.ts';

const ten = lowClusterNull(10, randomFromSeed('ten'), 1_999);
const alarms = (draw: (random: Random) => number, rounds: number): number => {
  const random = randomFromSeed(`alarms/${draw}`);
  let count = 0;
  for (let round = 0; round < rounds; round++)
    if (
      lowCluster(
        Array.from({ length: 10 }, () => draw(random)),
        ten,
      ).p <= 0.05
    )
      count += 1;
  return count;
};

describe('lowCluster', () => {
  it('finds the three relays of an arm that carry an old setting', () => {
    const values = [2175, 388, 2178, 2190, 389, 2196, 2205, 390, 2221, 2238];
    const cluster = lowCluster(values, lowClusterNull(10, randomFromSeed('arm')));
    assert.deepEqual(cluster.members, [1, 4, 7]);
    assert.equal(cluster.gap, 2175 - 390);
    assert.equal(cluster.p, 1 / 10_000);
  });

  it('suspects normal and mildly skewed arms at most as often as it says', () => {
    const rounds = 600;
    const most = rounds * (0.05 + 3 * Math.sqrt(0.0475 / rounds));
    const mildlySkewed = [0.75, -0.75].map((skewness) => (random: Random) => drawSkewed(skewness, random));
    for (const draw of [drawNormal, ...mildlySkewed]) {
      const count = alarms(draw, rounds);
      assert.ok(count <= most, `${count} of ${rounds}`);
    }
  });

  it('finds two of ten that stand ten spreads below, nearly always', () => {
    const random = randomFromSeed('planted');
    let found = 0;
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 10 }, (_, place) => drawNormal(random) - (place < 2 ? 10 : 0));
      const { members, p } = lowCluster(values, ten);
      if (p <= 0.01 && [...members].sort().join() === '0,1') found += 1;
    }
    assert.ok(found >= 160, `${found} of 200`);
  });

  it('does not call a high group low', () => {
    const cluster = lowCluster([1, 2, 3, 4, 5, 6, 7, 8, 109, 110], ten);
    assert.ok(cluster.p > 0.5, `p ${cluster.p}`);
  });

  it('stays decided where groups or all of the arm do not spread', () => {
    const apart = lowCluster([5, 5, 5, 5, 5, 5, 5, 1, 1, 1], ten);
    assert.deepEqual([apart.members, apart.p], [[7, 8, 9], 1 / 2_000]);
    const same = lowCluster(new Array<number>(10).fill(0.1), ten);
    assert.deepEqual([same.gap, same.statistic, same.p], [0, 0, 1]);
  });

  it('needs five relays and the chance of their number', () => {
    assert.throws(() => lowClusterNull(4, randomFromSeed('x')), { code: 'stats-out-of-range' });
    assert.throws(() => lowCluster([1, 2, 3, 4, 5], ten), { code: 'stats-lengths' });
    assert.throws(() => lowCluster([1, 2, 3], ten), { code: 'stats-too-few' });
  });
});
