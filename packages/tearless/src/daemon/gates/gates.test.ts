import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../testing/fake-host.ts';
import { bandwidthRecoveredGate } from './bandwidth-recovered.ts';
import { bootstrappedGate } from './bootstrapped.ts';
import { noNewWarningsGate } from './no-new-warnings.ts';
import { orPortReachableGate } from './orport-reachable.ts';
import { settingsLoadedGate } from './settings-loaded.ts';
import { unitStableGate } from './unit-stable.ts';
import { versionLoadedGate } from './version-loaded.ts';

const instance = 'a';
const hostWith = (info: Record<string, string | (() => string)>): FakeHost => {
  const host = new FakeHost();
  host.tor = { info, conf: {} };
  return host;
};

test('a unit is stable when its process has lived through the soak', async () => {
  const host = new FakeHost();
  const read = (soakMs: number, after: 'restart' | 'reload' | 'undone-restart' | 'undone-reload' = 'restart') =>
    unitStableGate.read(host.context, { instance, soakMs, after });
  host.process = { pid: 7, startMs: host.nowMs - 20_000 };
  assert.equal((await read(60_000)).state, 'waiting');
  assert.equal((await read(60_000)).message, 'process 7 is up for 20 s of 60 s');
  const stable = await read(20_000);
  assert.deepEqual([stable.state, stable.evidence.mainPid, stable.evidence.ageMs], ['passed', 7, 20_000]);
  // one that was young before the reload already is no crash
  assert.equal((await read(60_000, 'reload')).state, 'waiting');
  host.restarts = 1;
  assert.equal((await read(60_000, 'reload')).state, 'failed');
  assert.equal((await read(60_000, 'undone-restart')).state, 'failed');
  // one that systemd started long ago, and that nobody had to restart
  assert.equal((await read(20_000, 'reload')).state, 'passed');
  assert.equal((await read(20_000, 'undone-restart')).state, 'passed');
  // what ended at the reload has come back on its own
  assert.equal((await read(60_000, 'undone-reload')).state, 'waiting');
  assert.equal((await read(20_000, 'undone-reload')).state, 'passed');
});

test('a unit that failed or that systemd keeps starting is not waited for', async () => {
  const host = new FakeHost();
  const read = () => unitStableGate.read(host.context, { instance, soakMs: 1, after: 'restart' });
  host.restarts = 2;
  assert.equal((await read()).message, 'tor@a.service ended and systemd started it again, 2 times so far');
  host.restarts = 0;
  host.activeState = 'activating';
  assert.equal((await read()).state, 'waiting');
  [host.subState, host.result] = ['auto-restart', 'exit-code'];
  assert.equal((await read()).message, 'tor@a.service ended (exit-code) and systemd will start it again');
  host.stop('failed', 'exit-code');
  assert.deepEqual([(await read()).state, (await read()).message], ['failed', 'tor@a.service is failed (exit-code)']);
});

test('bootstrapping is waited for, and so is a control port that is not there yet', async () => {
  let phase = 'NOTICE BOOTSTRAP PROGRESS=45 TAG=requesting_descriptors SUMMARY="Asking for relay descriptors"';
  const host = hostWith({ 'status/bootstrap-phase': () => phase });
  const read = () => bootstrappedGate.read(host.context, { instance });
  assert.deepEqual(await read(), {
    state: 'waiting',
    message: 'bootstrap 45 %: Asking for relay descriptors',
    evidence: { progress: 45, tag: 'requesting_descriptors' },
  });
  phase = 'NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"';
  assert.equal((await read()).state, 'passed');
  host.tor = undefined;
  assert.equal((await read()).state, 'waiting');
});

test('ORPorts count once tor has found them reachable itself', async () => {
  let reachable = '0';
  const host = hostWith({ 'status/reachability-succeeded/or': () => reachable });
  assert.equal((await orPortReachableGate.read(host.context, { instance })).state, 'waiting');
  reachable = '1';
  assert.equal((await orPortReachableGate.read(host.context, { instance })).state, 'passed');
});

test('another version than the one installed fails', async () => {
  const host = hostWith({ version: '0.4.9.11 (git-abc)' });
  assert.equal((await versionLoadedGate.read(host.context, { instance, version: '0.4.9.11' })).state, 'passed');
  const other = await versionLoadedGate.read(host.context, { instance, version: '0.4.8.16' });
  assert.deepEqual([other.state, other.message], ['failed', 'runs tor 0.4.9.11 instead of 0.4.8.16']);
});

test('a setting is loaded when tor says so in any spelling, and not when it still has the former one', async () => {
  const host = new FakeHost();
  const changes = [{ name: 'BandwidthRate', before: ['1 MB'], after: ['2 MB'] }];
  const read = () => settingsLoadedGate.read(host.context, { instance, changes });
  host.tor = { info: {}, conf: { BandwidthRate: ['2097152'] } };
  assert.deepEqual(await read(), {
    state: 'passed',
    message: 'BandwidthRate in effect',
    evidence: { settings: { BandwidthRate: ['2097152'] } },
  });
  host.tor = { info: {}, conf: { BandwidthRate: ['1048576'] } };
  assert.equal((await read()).state, 'failed');
});

test('what a secret setting holds is no evidence', async () => {
  const host = new FakeHost();
  const changes = [{ name: 'Bridge', before: [], after: ['192.0.2.7:443'] }];
  host.tor = { info: {}, conf: { Bridge: ['192.0.2.7:443'] } };
  const { state, evidence } = await settingsLoadedGate.read(host.context, { instance, changes });
  assert.deepEqual([state, evidence], ['passed', { settings: { Bridge: ['[sensitive 1]'] } }]);
});

test('a removed setting is gone when tor no longer lists it', async () => {
  const host = new FakeHost();
  const changes = [{ name: 'DirCache', before: ['0'], after: null }];
  const read = () => settingsLoadedGate.read(host.context, { instance, changes });
  host.tor = { info: { 'config-text': 'Nickname a\nORPort 9001\n' }, conf: { DirCache: ['1'] } };
  assert.equal((await read()).state, 'passed');
  host.tor = { info: { 'config-text': 'Nickname a\nDirCache 0\n' }, conf: { DirCache: ['0'] } };
  assert.equal((await read()).state, 'failed');
});

test('bandwidth is back when a sample moves half of the baseline', async () => {
  let bytesPerSecond = 400;
  const host = new FakeHost();
  const total = () => String(Math.floor((host.nowMs / 1000) * (bytesPerSecond / 2)));
  host.tor = { info: { 'traffic/read': total, 'traffic/written': total }, conf: {} };
  const params = { instance, baselineBytesPerSecond: 1_000, fraction: 0.5, sampleMs: 10_000 };
  const low = await bandwidthRecoveredGate.read(host.context, params);
  assert.deepEqual([low.state, low.evidence], ['waiting', { bytesPerSecond: 400, baselineBytesPerSecond: 1_000 }]);
  bytesPerSecond = 600;
  assert.equal((await bandwidthRecoveredGate.read(host.context, params)).state, 'passed');
});

const journal = (before: string, since: string) => ({
  exitCode: 0,
  stdout: Buffer.from(`${before}-- tearless: since the start --\n${since}`),
});

test('a warning that was there before is not new, whatever its numbers', async () => {
  const host = new FakeHost();
  host.process = { pid: 7, startMs: host.nowMs - 90_000 };
  const read = () => noNewWarningsGate.read(host.context, { instance, soakMs: 60_000, knownDays: 14 });
  const known = `Received http status code 404 ("Not found") from server 10.0.0.1:80 for $${'A'.repeat(40)}~x\n`;
  host.onRun = () => journal(known, known.replace('10.0.0.1:80', '10.9.8.7:443').replaceAll('A', 'B'));
  assert.equal((await read()).state, 'passed');
  host.onRun = () => journal(known, `${known}Your system clock just jumped 100 seconds forward\n`);
  const found = await read();
  assert.equal(found.state, 'failed');
  assert.deepEqual(found.evidence.warnings, ['Your system clock just jumped 100 seconds forward']);
});

test('without a readable journal only errors are listened for, and the evidence says so', async () => {
  const host = new FakeHost();
  host.process = { pid: 7, startMs: host.nowMs - 90_000 };
  host.onRun = () => ({ exitCode: 3 });
  const reading = await noNewWarningsGate.read(host.context, { instance, soakMs: 60_000, knownDays: 14 });
  assert.equal(reading.state, 'passed');
  assert.match(String(reading.evidence.source), /not readable/);
});
