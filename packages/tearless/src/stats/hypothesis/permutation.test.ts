import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { welchDifference } from '../arm/welch.ts';
import { drawNormal } from '../random/draw.ts';
import { randomFromSeed } from '../random/random.ts';
import { assertNear, reference } from '../testing/reference.ts';
import { permutationTest } from './permutation.ts';
import type { Unit } from './units.ts';

const random = (seed = 'test') => randomFromSeed(seed);
const { plain, blocked } = reference.permutation;
const plainUnits = plain.values.map((value, i): Unit => ({ value, arm: plain.inArm[i] === true ? 'A' : 'Z' }));
const blockedUnits = blocked.values.map(
  (value, i): Unit => ({ value, arm: blocked.inArm[i] === true ? 'A' : 'Z', block: blocked.blocks[i] ?? '' }),
);

describe('permutationTest', () => {
  it('goes through all assignments and agrees with R', () => {
    const own = permutationTest(plainUnits, 'A', 'Z', random());
    assert.deepEqual([own.method, own.assignments], ['exact', 252]);
    assertNear(own.p, plain.p, 1e-12);
    assertNear(own.t, plain.t, 1e-12);
  });

  it('keeps to the blocks and agrees with R', () => {
    const own = permutationTest(blockedUnits, 'A', 'Z', random());
    assert.deepEqual([own.method, own.assignments], ['exact', blocked.assignments]);
    assertNear(own.p, blocked.p, 1e-12);
    assertNear(own.t, blocked.t, 1e-9);
  });

  it("has Welch's t where there is one block, however unequal the arms", () => {
    const { arm, control } = reference.arms.unequal ?? assert.fail('the reference lacks it');
    const units = [...arm.map((value) => ({ value, arm: 'A' })), ...control.map((value) => ({ value, arm: 'Z' }))];
    assertNear(
      permutationTest(units, 'A', 'Z', random(), { permutations: 99 }).t,
      welchDifference(arm, control).t,
      1e-10,
    );
  });

  it('drawn from the assignments comes near the exact p, and never is 0', () => {
    const drawn = permutationTest(plainUnits, 'A', 'Z', random(), { exactLimit: 1, permutations: 20_000 });
    assert.equal(drawn.method, 'monte-carlo');
    assert.ok(Math.abs(drawn.p - plain.p) < 0.007, `p ${drawn.p}`);
    const apart = [1, 2, 3, 4, 5, 101, 102, 103, 104, 105].map((value) => ({ value, arm: value > 50 ? 'A' : 'Z' }));
    assert.equal(permutationTest(apart, 'A', 'Z', random()).p, 2 / 252);
    assert.ok(permutationTest(apart, 'A', 'Z', random(), { exactLimit: 1, permutations: 99 }).p >= 1 / 100);
  });

  it('is not fooled by blocks that differ', () => {
    // All of the difference between the arms comes from where their relays are.
    const values = [10.1, 10.3, 10.2, 20.4, 20.1, 20.2, 10.2, 20.3];
    const arms = ['Z', 'Z', 'Z', 'A', 'A', 'A', 'A', 'Z'];
    const units = values.map((value, i): Unit => ({ value, arm: arms[i] ?? '' }));
    const inBlocks = units.map((unit): Unit => ({ ...unit, block: unit.value > 15 ? 'guards' : 'others' }));
    assert.ok(permutationTest(inBlocks, 'A', 'Z', random()).p > 0.5);
    assert.ok(Math.abs(permutationTest(inBlocks, 'A', 'Z', random()).t) < 1);
  });

  it('is uniform where nothing differs, also within blocks', () => {
    const draws = random('null');
    const below = { 0.05: 0, 0.2: 0, 0.5: 0 };
    const rounds = 600;
    for (let round = 0; round < rounds; round++) {
      const units = Array.from({ length: 10 }, (_, i): Unit => {
        const block = i < 4 ? 'x' : 'y';
        return { value: drawNormal(draws) + (block === 'x' ? 3 : 0), arm: i % 2 === 0 ? 'A' : 'Z', block };
      });
      const { p } = permutationTest(units, 'A', 'Z', draws);
      for (const level of [0.05, 0.2, 0.5] as const) if (p <= level) below[level] += 1;
    }
    for (const level of [0.05, 0.2, 0.5] as const) {
      const share = below[level] / rounds;
      assert.ok(share <= level + 3 * Math.sqrt((level * (1 - level)) / rounds), `${share} of p below ${level}`);
      assert.ok(share >= level * 0.6, `${share} of p below ${level}`);
    }
  });

  it('takes equal values for no difference', () => {
    const units = ['A', 'A', 'A', 'Z', 'Z', 'Z'].map((arm) => ({ value: 7, arm }));
    const { p, t } = permutationTest(units, 'A', 'Z', random());
    assert.deepEqual([p, t], [1, 0]);
  });

  it('says what is missing', () => {
    assert.throws(() => permutationTest([], 'A', 'Z', random()), { code: 'stats-too-few' });
    assert.throws(() => permutationTest(plainUnits, 'B', 'Z', random()), {
      code: 'stats-too-few',
      message: /'B' has 0/,
    });
    assert.throws(() => permutationTest([...plainUnits, { value: 1, arm: 'C' }], 'A', 'Z', random()), {
      code: 'stats-arms',
    });
    const apart = plainUnits.map((unit) => ({ ...unit, block: unit.arm }));
    assert.throws(() => permutationTest(apart, 'A', 'Z', random()), { code: 'stats-no-shared-block' });
  });
});
