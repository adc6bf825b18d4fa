import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { labPaths } from './lab-state.ts';
import { isAlive } from './process-identity.ts';
import {
  findMarkedProcesses,
  processMark,
  readTrackedProcess,
  readTrackedProcesses,
  spawnTracked,
  stopAllTracked,
  stopProcess,
  stopTracked,
} from './tracked-process.ts';
import { waitFor } from './wait.ts';

const root = mkdtempSync(join(tmpdir(), 'lab-tracked-'));
const lab = 'tracked';
after(async () => {
  await stopAllTracked(lab, { root, signal: 'SIGKILL' });
  rmSync(root, { recursive: true });
});

test('a process is found by its id until it is stopped', async () => {
  const started = await spawnTracked(['sleep', '1000'], { lab, id: 'one', root });
  assert.equal(readTrackedProcess(lab, 'one', root)?.pid, started.pid);
  await stopTracked(lab, 'one', { root, graceMs: 120_000 });
  assert.deepEqual(await started.exited, { code: null, signal: 'SIGTERM' });
  assert.deepEqual(readTrackedProcesses(lab, root), []);
  await stopTracked(lab, 'one', { root });
});

test('what a process says goes to its log', async () => {
  const { exited, log } = await spawnTracked(['sh', '-c', 'echo out; echo err >&2'], { lab, id: 'talker', root });
  await exited;
  assert.equal(readFileSync(log, 'utf8'), 'out\nerr\n');
});

test('a process that ignores SIGTERM is killed', async () => {
  const script = 'trap "" TERM; echo ready; exec sleep 1000';
  const stubborn = await spawnTracked(['sh', '-c', script], { lab, id: 'stubborn', root });
  await waitFor(() => readFileSync(stubborn.log, 'utf8') !== '', { what: 'the trap', timeoutMs: 120_000 });
  await stopProcess(stubborn, { graceMs: 50 });
  assert.ok(!isAlive(stubborn));
  assert.equal((await stubborn.exited).signal, 'SIGKILL');
});

test('another process with the pid of a record is not touched', async () => {
  const other = spawn('sleep', ['1000'], { stdio: 'ignore' });
  try {
    await once(other, 'spawn');
    await stopProcess({ pid: other.pid ?? 0, startTime: 1 }, { graceMs: 0 });
    assert.equal(other.signalCode, null);
    assert.ok(other.kill(0));
  } finally {
    other.kill('SIGKILL');
  }
});

test('a process is found by its mark alone, and its children with it', async () => {
  const env = { ...process.env, [processMark]: labPaths(lab, root).folder };
  const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; wait'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [output] = await once(parent.stdout, 'data');
  const child = Number(String(output));
  const found = findMarkedProcesses(lab, root).map(({ pid }) => pid);
  assert.ok(found.includes(parent.pid ?? 0) && found.includes(child));
  assert.deepEqual(findMarkedProcesses(`${lab}x`, root), []);
  const ended = once(parent, 'exit');
  await stopAllTracked(lab, { root });
  await ended;
  assert.deepEqual(findMarkedProcesses(lab, root), []);
});

test('a command that is not there is an error, not a process', async () => {
  await assert.rejects(spawnTracked(['/no/such/command'], { lab, id: 'none', root }), { code: 'lab-process-failed' });
  await assert.rejects(spawnTracked(['true'], { lab, id: '../up', root }), TypeError);
});
