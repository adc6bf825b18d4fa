import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { welchRatio } from '../../stats/arm/welch.ts';
import { drawNormal } from '../../stats/random/draw.ts';
import { type Random, randomFromSeed } from '../../stats/random/random.ts';
import { checkPlan, fractionAt, isNewLook, levelsOf } from './levels.ts';
import { compareAtLevel } from './take-look.ts';

const days = 20;
const relaysPerArm = 10;

/** Daily memory of a relay: what lasts in it, and days that resemble the day before. */
const drawRelay = (random: Random, effect: number): number[] => {
  const lasting = 0.03 * drawNormal(random);
  let day = drawNormal(random);
  return Array.from({ length: days }, () => {
    day = 0.5 * day + Math.sqrt(1 - 0.25) * drawNormal(random);
    return 1e9 * effect * (1 + lasting + 0.08 * day);
  });
};

const meanUntil = (relay: readonly number[], until: number): number =>
  relay.slice(0, until).reduce((sum, value) => sum + value, 0) / until;

interface Outcome {
  readonly spending: boolean;
  readonly naive: boolean;
}

/** Looks every day at one experiment; whether some arm was ever told apart from control. */
const watch = (random: Random, effects: readonly number[]): Outcome => {
  const control = Array.from({ length: relaysPerArm }, () => drawRelay(random, 1));
  const arms = effects.map((effect) => Array.from({ length: relaysPerArm }, () => drawRelay(random, effect)));
  const fractions: number[] = [];
  let [spending, naive] = [false, false];
  for (let day = 1; day <= days; day++) {
    fractions.push(day / days);
    const { nominalAlpha } = levels[day - 1] ?? { nominalAlpha: 0 };
    const other = control.map((relay) => meanUntil(relay, day));
    for (const arm of arms) {
      const own = arm.map((relay) => meanUntil(relay, day));
      if (compareAtLevel(own, other, nominalAlpha).toldApart) spending = true;
      if (welchRatio(own, other).p < 0.05 / arms.length) naive = true;
    }
  }
  return { spending, naive };
};

const fractions = Array.from({ length: days }, (_, index) => (index + 1) / days);
const levels = fractions.map((_, index) => levelsOf(fractions.slice(0, index + 1), 2));

const share = (rounds: number, seed: string, effects: readonly number[], which: keyof Outcome): number => {
  const random = randomFromSeed(seed);
  let count = 0;
  for (let round = 0; round < rounds; round++) if (watch(random, effects)[which]) count += 1;
  return count / rounds;
};

describe('levels of repeated looks', () => {
  it('stop falsely in at most 5 % of experiments that are watched every day and in which nothing differs', () => {
    const rate = share(1_500, 'nothing', [1, 1], 'spending');
    assert.ok(rate <= 0.05, `${rate}`);
    const naive = share(300, 'nothing', [1, 1], 'naive');
    assert.ok(naive > 0.08, `the same looks at 5 % each stop falsely in ${naive}: the test can tell`);
  });

  it('still find what is there', () => {
    assert.ok(share(150, 'effect', [0.9, 1], 'spending') > 0.8);
  });

  it('use little early, more later, and 5 % over all arms in the end', () => {
    const alphas = levels.map(({ nominalAlpha }) => nominalAlpha);
    assert.equal(alphas[0], 0, 'a twentieth of the plan decides nothing');
    for (const [index, alpha] of alphas.entries()) assert.ok(alpha >= (alphas[index - 1] ?? 0) || index > 12);
    const last = levels.at(-1);
    assert.ok(Math.abs((last?.spentAlpha ?? 0) - 0.05) < 1e-6, `${last?.spentAlpha}`);
    const guard = levels.reduce((sum, { guardrailAlpha }) => sum + guardrailAlpha * 2, 0);
    assert.ok(Math.abs(guard - 0.05) < 1e-12, 'guardrails of both arms share 5 %');
  });
});

describe('which data makes a look', () => {
  it('is a hundredth of the plan more than the last, and the end once', () => {
    assert.ok(!isNewLook([], 0.005));
    assert.ok(isNewLook([], 0.01));
    assert.ok(!isNewLook([0.2], 0.205));
    assert.ok(isNewLook([0.2], 0.21));
    assert.ok(isNewLook([0.995], 1));
    assert.ok(!isNewLook([1], 1));
  });

  it('is measured on the plan', () => {
    const plan = checkPlan('e', 1_000, 2_000);
    assert.deepEqual(
      [500, 1_000, 1_250, 3_000].map((ms) => fractionAt(plan, ms)),
      [0, 0, 0.25, 1],
    );
    for (const [start, end] of [
      [undefined, 5],
      [5, undefined],
      [5, 5],
    ] as const)
      assert.throws(() => checkPlan('e', start, end), { code: 'experiment-no-plan', kind: 'refused' });
  });
});
