import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { momentsOf, skewnessOf } from '../arm/moments.ts';
import { drawNormal, drawSkewed } from './draw.ts';
import { randomFromSeed } from './random.ts';

describe('draws', () => {
  for (const [name, draw, skewness] of [
    ['normal', drawNormal, 0],
    ['skewed to the right', (random: Parameters<typeof drawNormal>[0]) => drawSkewed(1, random), 1],
    ['skewed to the left', (random: Parameters<typeof drawNormal>[0]) => drawSkewed(-0.75, random), -0.75],
  ] as const)
    it(`${name}: have mean 0, variance 1 and the skewness asked for`, () => {
      const random = randomFromSeed(name);
      const values = Array.from({ length: 100_000 }, () => draw(random));
      const { mean, variance } = momentsOf(values);
      assert.ok(Math.abs(mean) < 0.013, `mean ${mean}`);
      assert.ok(Math.abs(variance - 1) < 0.025, `variance ${variance}`);
      assert.ok(Math.abs(skewnessOf(values) - skewness) < 0.06, `skewness ${skewnessOf(values)}`);
    });
});
