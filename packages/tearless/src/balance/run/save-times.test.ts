import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SaveTimes } from './save-times.ts';

const minuteMs = 60_000;

describe('when a worker is written down', () => {
  it('is at once the first time, and then every ten minutes while little changes', () => {
    const times = new SaveTimes();
    times.note('a');
    assert.deepEqual(times.take(0), ['a']);
    assert.deepEqual(times.take(0), []);
    times.note('a');
    assert.deepEqual(times.take(10 * minuteMs - 1), []);
    assert.deepEqual(times.take(10 * minuteMs), ['a']);
  });

  it('is at once where it matters, whatever else was noted', () => {
    const times = new SaveTimes();
    times.note('a');
    times.take(0);
    times.noteNow('a');
    times.note('a');
    assert.deepEqual(times.take(1), ['a']);
  });

  it('is as early as the most pressing of what was noted', () => {
    const times = new SaveTimes();
    times.note('a');
    times.take(0);
    times.note('a', minuteMs);
    times.note('a');
    assert.deepEqual(times.take(minuteMs), ['a']);
  });
});
