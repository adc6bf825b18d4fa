import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../testing/fake-host.ts';
import { reloadStep } from './reload.ts';

const rate = { name: 'BandwidthRate', before: ['1 MB'], after: ['2 MB'] };
const removed = { name: 'DirCache', before: ['0'], after: null };
const params = { instance: 'a', changes: [rate, removed] };

/** A tor that takes its new settings up `afterMs` after a SIGHUP. */
const relay = (afterMs: number): FakeHost => {
  const host = new FakeHost();
  const former = { BandwidthRate: ['1048576'], DirCache: ['0'] };
  const wanted = { BandwidthRate: ['2097152'], DirCache: ['1'] };
  let sentMs = Number.POSITIVE_INFINITY;
  let target = wanted;
  const settings = (): typeof wanted => (host.nowMs >= sentMs + afterMs ? target : target === wanted ? former : wanted);
  host.tor = {
    info: { 'config-text': () => (settings() === former ? 'DirCache 0\n\n' : 'Nickname a\n\n') },
    get conf() {
      return settings();
    },
  };
  host.onUnit = () => {
    if (sentMs !== Number.POSITIVE_INFINITY) target = target === wanted ? former : wanted;
    sentMs = host.nowMs;
  };
  return host;
};

test('a reload is verified by the settings in effect in the same process', async () => {
  const host = relay(1_000);
  const memory = await reloadStep.remember(host.context, params);
  assert.deepEqual(memory.settings, { BandwidthRate: ['1048576'], DirCache: ['0'] });
  await reloadStep.do(host.context, params, memory);
  assert.deepEqual(await reloadStep.verify(host.context, params, memory), {
    mainPid: 100,
    inEffect: ['BandwidthRate', 'DirCache'],
  });
  assert.deepEqual(host.asked, ['reload']);
});

test('settings that tor does not take up are named', async () => {
  const host = relay(1_000_000);
  const memory = await reloadStep.remember(host.context, params);
  await reloadStep.do(host.context, params, memory);
  await assert.rejects(async () => reloadStep.verify(host.context, params, memory), {
    code: 'daemon-not-in-effect',
    message: 'h1: BandwidthRate, DirCache did not change in the running tor',
  });
});

test('a tor that exits on the signal is found at once, also when systemd has started it again', async () => {
  const host = relay(0);
  const memory = await reloadStep.remember(host.context, params);
  await reloadStep.do(host.context, params, memory);
  host.startProcess();
  await assert.rejects(async () => reloadStep.verify(host.context, params, memory), { code: 'daemon-died-on-reload' });
});

test('undo reloads and waits for the former settings', async () => {
  const host = relay(500);
  const memory = await reloadStep.remember(host.context, params);
  await reloadStep.do(host.context, params, memory);
  await reloadStep.verify(host.context, params, memory);
  await reloadStep.undo(host.context, params, memory);
  assert.deepEqual(host.asked, ['reload', 'reload']);
});

test('undo starts a relay that did not survive the reload', async () => {
  const host = relay(0);
  const memory = await reloadStep.remember(host.context, params);
  host.stop('failed', 'exit-code');
  host.onUnit = () => host.startProcess();
  await reloadStep.undo(host.context, params, memory);
  assert.deepEqual(host.asked, ['restart']);
});

test('undo restarts what systemd started again by itself: a signal might end it once more; a second undo leaves it alone', async () => {
  const host = relay(0);
  const memory = await reloadStep.remember(host.context, params);
  host.nowMs += 5_000;
  host.startProcess();
  host.restarts = 1;
  host.onUnit = () => {
    host.nowMs += 1_000;
    host.startProcess();
    host.restarts = 0;
  };
  await reloadStep.undo(host.context, params, memory);
  await reloadStep.undo(host.context, params, memory);
  assert.deepEqual(host.asked, ['restart']);
});
