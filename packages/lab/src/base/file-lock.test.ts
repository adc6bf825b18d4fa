import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lockFile } from './file-lock.ts';
import { LabError } from './lab-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-lock-'));
after(() => rmSync(folder, { recursive: true }));

test('a folder that cannot be written is told as such', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(lockFile(join(file, 'deep', 'one.lock'), 1000, 'the list'), (error) => {
    assert.ok(error instanceof LabError);
    assert.deepEqual([error.code, error.kind], ['lab-state-unwritable', 'failed']);
    assert.match(error.hint ?? '', /XDG_STATE_HOME/);
    return true;
  });
});

test('a lock is held by one at a time', async () => {
  const path = join(folder, 'deep', 'one.lock');
  const lock = await lockFile(path, 1000, 'it');
  await assert.rejects(lockFile(path, 1, 'it'), { code: 'lab-locked', kind: 'conflict' });
  const waiting = lockFile(path, 120_000, 'it');
  await lock.release();
  await (await waiting).release();
});

test('a lock ends with the process that holds it, even by SIGKILL', async () => {
  const path = join(folder, 'two.lock');
  const module = new URL('file-lock.ts', import.meta.url).href;
  const script = `const { lockFile } = await import('${module}');
    await lockFile('${path}', 1000, 'it'); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  await assert.rejects(lockFile(path, 1, 'it'), { code: 'lab-locked' });
  holder.kill('SIGKILL');
  await (await lockFile(path, 120_000, 'it')).release();
});
