import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAlive, parseProcessStat, readChildren, readProcess } from './process-identity.ts';

const statLine = (pid: number, command: string, state: string, parentPid: number, startTime: number): string =>
  `${pid} (${command}) ${state} ${parentPid} 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 ${startTime} 0 0\n`;

test('a stat line is read whatever the command is called', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string(), fc.nat(), fc.nat(), (pid, command, parentPid, startTime) => {
      fc.pre(pid > 0);
      const parsed = parseProcessStat(statLine(pid, command, 'S', parentPid, startTime));
      assert.deepEqual(parsed, { pid, command, state: 'S', parentPid, startTime });
    }),
    { seed: 1 },
  );
});

test('what is not a stat line is refused', () => {
  for (const text of ['', '7', '7 (a', '7 (a) S', 'x (a) S 1 7 7 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 9']) {
    assert.throws(() => parseProcessStat(text), TypeError);
  }
});

test('a process is alive until it ends, and never under another start time', async () => {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    await once(child, 'spawn');
    const identity = readProcess(child.pid ?? 0);
    assert.ok(identity !== undefined && isAlive(identity));
    assert.ok(!isAlive({ ...identity, startTime: identity.startTime + 1 }));
    assert.ok(readChildren(process.pid).some(({ pid }) => pid === child.pid));
    child.stdin.end();
    await once(child, 'exit');
    assert.ok(!isAlive(identity));
  } finally {
    child.kill('SIGKILL');
  }
});
