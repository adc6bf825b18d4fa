import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cachedUntilMs } from './drain.ts';

it('a worker is met until the last period has ended whose descriptors name it', () => {
  const named = (periodEndMs: number, ...workers: string[]) => ({ periodEndMs, named: workers });
  const rounds = [named(10, 'a', 'b'), named(20, 'b'), named(30)];
  assert.equal(cachedUntilMs(rounds, 'a'), 10);
  assert.equal(cachedUntilMs(rounds, 'b'), 20);
  assert.equal(cachedUntilMs(rounds, 'c'), null);
});
