import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { LabError } from '../base/lab-error.ts';
import { explainWatchError, waitForFile } from './wait-for-file.ts';

suite('waiting for a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-wait-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('a file that is there is not waited for', async () => {
    const path = join(folder, 'there');
    writeFileSync(path, 'x');
    await waitForFile(path, 1, AbortSignal.timeout(120_000));
  });

  test('a folder that cannot be watched since too many are is explained, and nothing else is', () => {
    const told = explainWatchError(Object.assign(new Error('too many open files, watch'), { code: 'EMFILE' }));
    assert.ok(told instanceof LabError && told.code === 'lab-too-many-watches');
    assert.match(told.hint ?? '', /max_user_instances/);
    const other = Object.assign(new Error('no such folder'), { code: 'ENOENT' });
    assert.equal(explainWatchError(other), other);
  });

  test('a file that is renamed into place ends the wait', async () => {
    const path = join(folder, 'renamed');
    const waited = waitForFile(path, 1, AbortSignal.timeout(120_000));
    writeFileSync(`${path}.new`, 'x');
    renameSync(`${path}.new`, path);
    await waited;
  });

  test('a file that is too short is waited for until it has grown', async () => {
    const path = join(folder, 'grows');
    let ended = false;
    const waited = waitForFile(path, 4, AbortSignal.timeout(120_000)).then(() => {
      ended = true;
    });
    writeFileSync(path, 'xx');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(ended, false);
    writeFileSync(path, 'xxxx');
    await waited;
  });

  test('an abort ends the wait with its reason', async () => {
    const controller = new AbortController();
    const waited = waitForFile(join(folder, 'never'), 1, controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(waited, /enough/);
  });
});
