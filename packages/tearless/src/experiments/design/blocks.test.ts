import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { randomFromSeed } from '../../stats/random/random.ts';
import { assignBlock, isAsDrawn, restartOrder } from './assignment.ts';
import { type BlockCandidate, formBlocks, scoresOf } from './blocks.ts';

const relays = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^h[12]\/[a-z]{1,4}$/),
    strata: fc.tuple(fc.constantFrom('Guard', 'Exit', ''), fc.constantFrom('1', '2')),
    memory: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
    bandwidth: fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }),
  }),
  { selector: ({ id }) => id, maxLength: 60 },
) as fc.Arbitrary<BlockCandidate[]>;
const armLists = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 2, maxLength: 5 });
const seeds = fc.string({ minLength: 1, maxLength: 8 });

const designOf = (candidates: readonly BlockCandidate[], arms: readonly string[], seed: string) => {
  const { blocks, left } = formBlocks(candidates, arms.length, randomFromSeed(seed));
  const assigned = blocks.map((block) => ({ ...assignBlock(block, arms, seed) }));
  return { arms: Object.fromEntries(arms.map((arm) => [arm, {}])), blocks: assigned, left, seed };
};

describe('blocks and assignment', () => {
  it('give every arm one relay of every block, every relay at most one arm, and lose none', () => {
    fc.assert(
      fc.property(relays, armLists, seeds, (candidates, arms, seed) => {
        const { blocks, left } = designOf(candidates, arms, seed);
        for (const block of blocks) assert.deepEqual(Object.keys(block).sort(), [...arms].sort());
        const placed = blocks.flatMap((block) => Object.values(block));
        assert.deepEqual([...placed, ...left].sort(), candidates.map(({ id }) => id).sort());
        assert.ok(left.length < arms.length, 'as many blocks as there can be');
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('come out the same from the same seed, in whatever order relays are handed in', () => {
    fc.assert(
      fc.property(relays, armLists, seeds, (candidates, arms, seed) => {
        const design = designOf(candidates, arms, seed);
        assert.deepEqual(designOf([...candidates].reverse(), arms, seed), design);
        assert.ok(isAsDrawn(design));
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  it('shows when somebody swapped two relays of a block', () => {
    const design = designOf(
      Array.from({ length: 8 }, (_, index) => ({ id: `h1/r${index}`, strata: [] })),
      ['a', 'b'],
      's',
    );
    const [first = {}, ...rest] = design.blocks;
    assert.ok(isAsDrawn({ ...design, blocks: [...rest, first] }), 'the order of blocks says nothing');
    assert.ok(!isAsDrawn({ ...design, blocks: [{ a: first.b ?? '', b: first.a ?? '' }, ...rest] }));
    assert.ok(!isAsDrawn({ ...design, seed: 't' }));
  });

  it('give each arm to each relay of a block as often: the p values by permutation hold', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 3_000; seed++)
      for (const [arm, relay] of Object.entries(assignBlock(['x', 'y', 'z'], ['a', 'b', 'c'], `${seed}`)))
        counts.set(`${arm}${relay}`, (counts.get(`${arm}${relay}`) ?? 0) + 1);
    assert.equal(counts.size, 9);
    for (const [pair, count] of counts) assert.ok(Math.abs(count - 1_000) < 130, `${pair} ${count}`);
  });

  it('match relays of the same flags, near in memory and bandwidth, before others', () => {
    const candidates = Array.from({ length: 24 }, (_, index) => ({
      id: `h1/r${String(index).padStart(2, '0')}`,
      strata: [index % 3 === 0 ? 'Exit' : 'Guard'],
      memory: (index * 7) % 24,
      bandwidth: (index * 7) % 24,
    }));
    const { blocks } = formBlocks(candidates, 2, randomFromSeed('match'));
    const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
    for (const [a = '', b = ''] of blocks) {
      assert.equal(byId.get(a)?.strata[0], byId.get(b)?.strata[0]);
      assert.ok(Math.abs((byId.get(a)?.memory ?? 0) - (byId.get(b)?.memory ?? 99)) <= 3, `${a} ${b}`);
    }
    assert.equal(blocks.length, 12);
  });

  it('join what is left over of strata, and keep as many blocks as asked for', () => {
    const candidates = ['a', 'b', 'c', 'd'].map((id) => ({ id, strata: [id, 'all'] }));
    assert.equal(formBlocks(candidates, 2, randomFromSeed('s')).blocks.length, 2);
    const three = formBlocks(candidates, 2, randomFromSeed('s'), 1);
    assert.deepEqual([three.blocks.length, three.left.length], [1, 2]);
  });

  it('rank by what is known', () => {
    const scores = scoresOf([
      { id: 'a', strata: [], memory: 1, bandwidth: 30 },
      { id: 'b', strata: [], memory: 3 },
      { id: 'c', strata: [], memory: 2, bandwidth: 10 },
      { id: 'd', strata: [] },
    ]);
    assert.deepEqual([...scores.values()], [0.5, 1, 0.25, 0.5]);
  });
});

describe('the order of restarts', () => {
  it('takes every relay once, arms interleaved at every moment, the same for the same seed', () => {
    fc.assert(
      fc.property(relays, armLists, seeds, (candidates, arms, seed) => {
        const design = designOf(candidates, arms, seed);
        const order = restartOrder(design);
        const armOf = new Map(design.blocks.flatMap((block) => Object.entries(block).map(([arm, id]) => [id, arm])));
        assert.deepEqual([...order].sort(), [...armOf.keys()].sort());
        assert.deepEqual(restartOrder({ ...design, blocks: [...design.blocks].reverse() }), order);
        const counts = new Map(arms.map((arm) => [arm, 0]));
        for (const relay of order) {
          const arm = armOf.get(relay) ?? '';
          counts.set(arm, (counts.get(arm) ?? 0) + 1);
          assert.ok(Math.max(...counts.values()) - Math.min(...counts.values()) <= 1);
        }
      }),
      { seed: 3, numRuns: 100 },
    );
  });
});
