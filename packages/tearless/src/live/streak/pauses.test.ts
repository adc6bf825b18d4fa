// Pauses of transitions, as people read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantileOf, renderPauses } from './pauses.ts';

test('quantiles are those of the nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(
    [0, 0.5, 0.99, 1].map((share) => quantileOf(values, share)),
    [1, 50, 99, 100],
  );
  assert.equal(quantileOf([], 0.5), 0);
});

test('the histogram has a line a class that occurs, and every pause is in one', () => {
  assert.deepEqual(renderPauses([500, 501, 1000, 25_000]), [
    '4 transitions: p50 0.5 ms, p95 25 ms, p99 25 ms, longest 25 ms',
    '  up to 0.5 ms      1  ####################',
    '    up to 1 ms      2  ########################################',
    '        longer      1  ####################',
  ]);
  assert.deepEqual(renderPauses([]), ['no transition']);
});
