import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlagChange, type FlagState, flagsLost, hsDirHoursThrownAway } from './flags.ts';

const relay = (flags: string, uptimeSeconds?: number): FlagState => ({
  flags: new Set(flags.split(' ')),
  ...(uptimeSeconds === undefined ? {} : { uptimeSeconds }),
});
const all = 'Exit Fast Guard HSDir Running Stable V2Dir Valid';
const restart: FlagChange = { activation: 'restart', outageSeconds: 35, network: 'public' };
const reload: FlagChange = { activation: 'reload', outageSeconds: 0, network: 'public' };

test('a short restart costs HSDir for 96 h and nothing else', () => {
  assert.deepEqual(flagsLost(relay(all), restart), [{ flag: 'HSDir', hours: 96, cause: 'restart', certain: true }]);
});

test('a restart costs nothing to a relay without HSDir but its way to the flag', () => {
  const state = relay('Fast Guard Running Stable V2Dir Valid', 40 * 3600);
  assert.deepEqual(flagsLost(state, restart), []);
  assert.equal(hsDirHoursThrownAway(state, restart), 40);
  assert.equal(hsDirHoursThrownAway(relay(all, 40 * 3600), restart), 0);
  assert.equal(hsDirHoursThrownAway(state, reload), 0);
  assert.equal(hsDirHoursThrownAway(relay('Fast', 4000 * 3600), restart), 96);
});

test('a reload costs nothing', () => {
  assert.deepEqual(flagsLost(relay(all), reload), []);
});

test('DirCache 0 costs V2Dir, and with it Guard and HSDir, as long as it stands, by reload too', () => {
  for (const activation of ['reload', 'restart'] as const) {
    const change: FlagChange = { ...restart, activation, options: new Map([['dirCache', '0']]) };
    assert.deepEqual(flagsLost(relay(all), change), [
      { flag: 'V2Dir', cause: 'DirCache 0', certain: true },
      { flag: 'Guard', cause: 'DirCache 0', certain: true },
      { flag: 'HSDir', cause: 'DirCache 0', certain: true },
    ]);
  }
  assert.deepEqual(flagsLost(relay(all), { ...reload, options: new Map([['DirCache', '1']]) }), []);
});

test('an outage that authorities can notice may cost Running, a long one does', () => {
  const lost = (outageSeconds: number) =>
    flagsLost(relay('Running Stable Valid'), { ...restart, outageSeconds }).map(({ flag, certain }) => [flag, certain]);
  assert.deepEqual(lost(1_199), []);
  assert.deepEqual(lost(1_200), [
    ['Running', false],
    ['Stable', false],
  ]);
  assert.deepEqual(lost(2_700), [
    ['Running', true],
    ['Stable', true],
  ]);
});

test('on a private network uptime and outages cost no flag', () => {
  assert.deepEqual(flagsLost(relay(all), { ...restart, network: 'lab', outageSeconds: 5_000 }), []);
});
