import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../testing/fake-host.ts';
import { restartStep } from './restart.ts';

const params = { instance: 'a' };

test('a restart gives another process, and its evidence names it', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  await restartStep.do(host.context, params, memory);
  const evidence = await restartStep.verify(host.context, params, memory);
  assert.deepEqual(host.asked, ['restart']);
  assert.equal(evidence.mainPid, 101);
  assert.equal(evidence.formerPid, 100);
});

test('done again after an interruption, a restart that happened is not repeated', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  host.nowMs += 5_000;
  host.filesChangedMs = [host.nowMs];
  host.unitsLoadedMs = host.nowMs + 100;
  await restartStep.do(host.context, params, memory);
  await restartStep.do(host.context, params, memory);
  assert.deepEqual(host.asked, ['restart']);
});

test('a process that somebody else started before the files changed is restarted', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  host.startProcess();
  host.nowMs += 5_000;
  host.filesChangedMs = [host.nowMs];
  await restartStep.do(host.context, params, memory);
  assert.deepEqual(host.asked, ['restart']);
});

test('after a reboot the process is another one, even with the same number and age', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  host.bootId = '99999999-2222-3333-4444-555555555555';
  await restartStep.do(host.context, params, memory);
  assert.deepEqual(host.asked, []);
  assert.equal((await restartStep.verify(host.context, params, memory)).mainPid, 100);
});

test('a relay that does not run is not restarted', async () => {
  const host = new FakeHost();
  host.stop('failed', 'exit-code');
  await assert.rejects(async () => restartStep.remember(host.context, params), {
    code: 'daemon-not-active',
    kind: 'refused',
  });
});

test('a tor that does not come back and one that never went away are told apart', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  await assert.rejects(async () => restartStep.verify(host.context, params, memory), { code: 'daemon-not-restarted' });
  host.stop('failed', 'exit-code');
  await assert.rejects(async () => restartStep.verify(host.context, params, memory), {
    code: 'daemon-not-active',
    message: 'tor@a.service on h1 did not come back: it is failed (failed, exit-code)',
  });
});

test('a start that goes on is waited for, and no longer than allowed', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  host.startProcess();
  host.activeState = 'activating';
  const begin = host.nowMs;
  const { sleep } = host.clock;
  const clock = {
    now: () => host.nowMs,
    sleep: async (ms: number) => {
      await sleep(ms);
      if (host.nowMs - begin >= 3_000) host.activeState = 'active';
    },
  };
  await restartStep.verify({ ...host.context, clock }, params, memory);
  host.activeState = 'activating';
  await assert.rejects(async () => restartStep.verify(host.context, params, memory), { code: 'daemon-unsettled' });
});

test('undo leaves a relay alone that never restarted', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  host.filesChangedMs = [host.nowMs];
  await restartStep.undo(host.context, params, memory);
  assert.deepEqual(host.asked, []);
});

test('undo restarts once, however often it is interrupted', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  await restartStep.do(host.context, params, memory);
  host.filesChangedMs = [host.nowMs + 500];
  await restartStep.undo(host.context, params, memory);
  await restartStep.undo(host.context, params, memory);
  assert.deepEqual(host.asked, ['restart', 'restart']);
});

test('undo restarts a relay that systemd itself has brought back meanwhile', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  host.filesChangedMs = [host.nowMs];
  host.startProcess();
  host.restarts = 1;
  await restartStep.undo(host.context, params, memory);
  assert.deepEqual(host.asked, ['restart']);
});

test('undo starts a relay that systemd refuses to start for a while', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  host.stop('failed', 'start-limit-hit');
  const begin = host.nowMs;
  host.onUnit = () => (host.nowMs - begin < 10_000 ? host.failedJob() : host.startProcess());
  await restartStep.undo(host.context, params, memory);
  assert.deepEqual(host.asked, ['restart', 'restart']);
  assert.equal(host.activeState, 'active');
});

test('undo of a relay that does not come back is an error', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  host.stop('failed', 'exit-code');
  host.onUnit = () => host.failedJob();
  await assert.rejects(async () => restartStep.undo(host.context, params, memory), { code: 'host-verb-failed' });
});

test('what is remembered is what the memory schema takes', async () => {
  const host = new FakeHost();
  const memory = await restartStep.remember(host.context, params);
  assert.deepEqual(restartStep.memory.parse(JSON.parse(JSON.stringify(memory))), memory);
});
