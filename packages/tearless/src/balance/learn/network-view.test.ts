import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findClockProblem } from './network-view.ts';

const hourMs = 3_600_000;
const validAfterMs = Date.UTC(2026, 0, 10, 3);
const view = { validAfterMs, validUntilMs: validAfterMs + 3 * hourMs };

it('a clock within the life of the consensus is right', () => {
  for (const nowMs of [validAfterMs, validAfterMs + hourMs, view.validUntilMs])
    assert.equal(findClockProblem(view, nowMs), undefined);
});

it('a clock that is behind or ahead of the consensus is told', () => {
  assert.equal(findClockProblem(view, validAfterMs - 2 * 60_000), 'clock-behind');
  assert.equal(findClockProblem(view, view.validUntilMs + 2 * 60_000), 'consensus-stale');
});
