import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isPlanned, type RestartWindow, restartingBetween } from './restart-windows.ts';

const windows: RestartWindow[] = [
  { fingerprint: 'A', fromMs: 1000, toMs: 2000 },
  { fingerprint: 'A', fromMs: 5000, toMs: 6000 },
  { fingerprint: 'B', fromMs: 9000 },
];

suite('restart windows', () => {
  const cases: [string, string[], number, number, boolean][] = [
    ['inside', ['A'], 1500, 1500, true],
    ['at its first moment', ['A'], 1000, 1000, true],
    ['just before', ['A'], 999, 999, false],
    ['noticed within a second after its end', ['A'], 3000, 3000, true],
    ['later', ['A'], 3001, 3001, false],
    ['in the second of two', ['A'], 5500, 5500, true],
    ['of a relay elsewhere', ['B', 'C'], 1500, 1500, false],
    ['that has not ended', ['B'], 1e9, 1e9, true],
    ['between the last sign of life and the notice', ['A'], 900, 4000, true],
    ['over before the last sign of life', ['A'], 3100, 4500, false],
  ];
  for (const [name, path, aliveMs, cutMs, expected] of cases) {
    test(`a restart ${name}: ${expected ? 'planned' : 'not planned'}`, () => {
      assert.equal(isPlanned(windows, path, aliveMs, cutMs), expected);
    });
  }

  test('each relay that was restarting meanwhile is named once', () => {
    assert.deepEqual(restartingBetween(windows, 0, 999), []);
    assert.deepEqual(restartingBetween(windows, 0, 5500), ['A']);
    assert.deepEqual(restartingBetween(windows, 2000, 9000), ['A', 'B']);
  });
});
