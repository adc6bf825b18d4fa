import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../random/random.ts';
import { assertNear, reference } from '../testing/reference.ts';
import { runsTest } from './runs-test.ts';

describe('runsTest', () => {
  it('counts arrangements as R does by listing them', () => {
    for (const { labels, runs, expected, p } of reference.runs) {
      const own = runsTest(labels);
      assert.deepEqual([own.runs, own.method], [runs, 'exact']);
      assertNear(own.expected, expected, 1e-12);
      assertNear(own.p, p, 1e-9);
    }
  });

  it('finds arms that are alphabetical blocks, and not arms drawn at random', () => {
    const blocks = Array.from({ length: 100 }, (_, i) => 'ABCDEFGHIZ'[Math.floor(i / 10)] ?? '');
    assert.ok(runsTest(blocks).p < 1e-60);
    const draws = randomFromSeed('arms');
    const mixed = blocks.map((label) => ({ label, key: draws.uniform() })).sort((a, b) => a.key - b.key);
    assert.ok(runsTest(mixed.map(({ label }) => label)).p > 0.01);
  });

  it('approximates long sequences near the exact count', () => {
    const draws = randomFromSeed('long');
    const labels = Array.from({ length: 301 }, () => 'ABCZ'[draws.below(4)] ?? '');
    const long = runsTest(labels);
    const short = runsTest(labels.slice(0, 300));
    assert.deepEqual([long.method, short.method], ['normal', 'exact']);
    assert.ok(Math.abs(long.p - short.p) < 0.05, `${long.p}, ${short.p}`);
  });

  it('has nothing against a single arm', () => {
    assert.equal(runsTest(['A', 'A']).p, 1);
    assert.throws(() => runsTest([]), { code: 'stats-too-few' });
  });
});
