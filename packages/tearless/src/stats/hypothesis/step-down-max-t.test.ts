import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawNormal } from '../random/draw.ts';
import { randomFromSeed } from '../random/random.ts';
import { reference } from '../testing/reference.ts';
import { stepDownMaxT } from './step-down-max-t.ts';
import type { Unit } from './units.ts';

const random = (seed = 'test') => randomFromSeed(seed);

describe('stepDownMaxT', () => {
  const { values, arms, order, adjustedP } = reference.stepDown;
  const units = values.map((value, i): Unit => ({ value, arm: arms[i] ?? '' }));

  it('agrees with going through all assignments in R', () => {
    const own = stepDownMaxT(units, 'Z', random(), { permutations: 20_000 });
    assert.deepEqual(
      own.map(({ arm }) => arm),
      order,
    );
    for (const [index, { adjustedP: p }] of own.entries()) {
      const expected = adjustedP[index] ?? Number.NaN;
      assert.ok(Math.abs(p - expected) < 4 * Math.sqrt((expected * (1 - expected)) / 20_000), `${p}, ${expected}`);
    }
  });

  it('never falls along the order, and repeats from the seed', () => {
    const draws = random('many');
    const many = Array.from({ length: 60 }, (_, i): Unit => ({ value: drawNormal(draws), arm: 'ABCDEZ'[i % 6] ?? '' }));
    const own = stepDownMaxT(many, 'Z', random(), { permutations: 499 });
    assert.equal(own.length, 5);
    for (const [index, arm] of own.entries()) assert.ok(arm.adjustedP >= (own[index - 1]?.adjustedP ?? 0));
    assert.deepEqual(stepDownMaxT(many, 'Z', random(), { permutations: 499 }), own);
  });

  it('keeps the family-wise error when one arm differs greatly and control spreads otherwise', () => {
    // Permuting the different arm among the others would hide or invent differences.
    const draws = random('family');
    const rounds = 300;
    let wrong = 0;
    for (let round = 0; round < rounds; round++) {
      const units = Array.from({ length: 40 }, (_, i): Unit => {
        const arm = 'ABCZ'[i % 4] ?? '';
        return { value: drawNormal(draws) * (arm === 'Z' ? 2 : 1) + (arm === 'A' ? 30 : 0), arm };
      });
      const own = stepDownMaxT(units, 'Z', draws, { permutations: 199, exactLimit: 1 });
      assert.equal(own[0]?.arm, 'A');
      assert.ok((own[0]?.adjustedP ?? 1) < 0.05);
      if (own.slice(1).some(({ adjustedP }) => adjustedP <= 0.05)) wrong += 1;
    }
    assert.ok(wrong / rounds <= 0.05 + 3 * Math.sqrt(0.0475 / rounds), `${wrong} of ${rounds}`);
  });

  it('says what is missing', () => {
    assert.throws(() => stepDownMaxT(units, 'Q', random()), { code: 'stats-arms', message: /'Q'/ });
    assert.throws(
      () =>
        stepDownMaxT(
          units.filter(({ arm }) => arm === 'Z'),
          'Z',
          random(),
        ),
      { code: 'stats-arms' },
    );
    assert.throws(() => stepDownMaxT([...units, { value: 1, arm: 'C' }], 'Z', random()), {
      code: 'stats-too-few',
      message: /'C' has 1/,
    });
  });
});
