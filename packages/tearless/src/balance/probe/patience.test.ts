import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPatience, patienceFor } from './patience.ts';

const { leastMs, mostMs } = defaultPatience;

test('little is known: a probe waits as long as a visitor would', () => {
  assert.equal(patienceFor([], defaultPatience), mostMs);
  assert.equal(patienceFor([100, 100], defaultPatience), mostMs);
});

test('where all answer quickly silence is noticed soon, but a slow answer gives the others time', () => {
  assert.equal(patienceFor([200, 300, 900], defaultPatience), leastMs);
  assert.equal(patienceFor([200, 300, 5_000], defaultPatience), 20_000);
  assert.equal(patienceFor([200, 300, 40_000], defaultPatience), mostMs);
});
