import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPlan, fractionAt, isNewLook, levelsOf } from './levels.ts';
import { simulateWatching } from './testing/watched-fleet.ts';

const days = 20;
const fractions = Array.from({ length: days }, (_, index) => (index + 1) / days);
const levels = fractions.map((_, index) => levelsOf(fractions.slice(0, index + 1), 2));

const watched = { lastingSd: 0.03, dailySd: 0.08, dailyCorrelation: 0.5, relaysPerArm: 10, days };

describe('levels of repeated looks', () => {
  it('stop falsely in at most 5 % of experiments that are watched every day and in which nothing differs', () => {
    const { spending, naive } = simulateWatching({ ...watched, effects: [1, 1] }, 1_200, 'nothing');
    assert.ok(spending <= 0.05, `${spending}`);
    assert.ok(naive > 0.1, `the same looks at 5 % each stop falsely in ${naive}: the test can tell`);
  });

  it('still find what is there', () => {
    assert.ok(simulateWatching({ ...watched, effects: [0.9, 1] }, 150, 'effect').spending > 0.8);
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
