import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCycle } from './cycle.ts';
import type { Restart } from './restarts.ts';

const hourMs = 3_600_000;
const empty = { atMs: [], values: [] };
const restartsAt = (...hours: number[]): readonly Restart[] =>
  hours.map((hour) => ({ atMs: hour * hourMs, afterMs: (hour - 1) * hourMs, how: 'peak-drop' }));
const arm = (config = {}) => ({ id: 'A', name: 'A', config });

describe('findCycle', () => {
  it('believes the interval that is written down, in any unit', () => {
    const periodOf = (value: string | number) => findCycle(arm({ restart_interval: value }), [])?.periodMs;
    assert.equal(periodOf('24h'), 24 * hourMs);
    assert.equal(periodOf('90 min'), 1.5 * hourMs);
    assert.equal(periodOf('2 days'), 48 * hourMs);
    assert.equal(periodOf(3600), hourMs);
    assert.equal(periodOf('never'), undefined);
    assert.equal(periodOf('1 month'), undefined);
    assert.equal(periodOf('0h'), undefined);
  });

  it('takes the usual distance of restarts that come regularly', () => {
    const relays = [restartsAt(10, 34, 58, 82), restartsAt(12, 36, 61)].map((restarts) => ({
      series: empty,
      restarts,
    }));
    assert.deepEqual(findCycle(arm(), relays), { periodMs: 24 * hourMs, how: 'restarts' });
  });

  it('takes a crash now and then for no cycle', () => {
    const relays = [restartsAt(10), restartsAt(), restartsAt(50, 300)].map((restarts) => ({ series: empty, restarts }));
    assert.equal(findCycle(arm(), relays), undefined);
  });

  it('looks at how memory repeats itself where restarts were missed', () => {
    const atMs = Array.from({ length: 240 }, (_, index) => index * hourMs);
    const series = { atMs, values: atMs.map((ms) => 1_000 + 50 * ((ms / hourMs) % 24)) };
    const relays = [restartsAt(24, 96, 120, 216), restartsAt(48, 72, 168)].map((restarts) => ({ series, restarts }));
    const found = findCycle(arm(), relays);
    assert.equal(found?.how, 'autocorrelation');
    assert.ok(Math.abs((found?.periodMs ?? 0) / hourMs - 24) < 1, `${found?.periodMs}`);
  });
});
