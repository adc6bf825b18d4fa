// What is archived is read back, stays private, and is seen to be complete or not.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sha256Hex } from '../../../base/json.ts';
import { findMissing, retentionList } from '../../../experiments/conclude/archive-files.ts';
import { freeDirectory, keepFile, verifyArchive } from './archive.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tearless-archive-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('an archive', () => {
  it('keeps texts, bytes and lines with their hashes, for its owner alone', () => {
    const place = join(folder, 'a');
    const bytes = new Uint8Array([0xff, 0, 1]);
    const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index}, some words to fill it`);
    assert.deepEqual(keepFile(place, 'x/text', 'text'), { path: 'x/text', bytes: 4, sha256: sha256Hex('text') });
    assert.equal(keepFile(place, 'bytes', bytes).sha256, sha256Hex(bytes));
    assert.equal(keepFile(place, 'lines', { lines }).sha256, sha256Hex(`${lines.join('\n')}\n`));
    assert.deepEqual(readFileSync(join(place, 'bytes')), Buffer.from(bytes));
    assert.equal(statSync(join(place, 'x/text')).mode & 0o777, 0o600);
    assert.equal(statSync(join(place, 'x')).mode & 0o777, 0o700);
    assert.equal(statSync(place).mode & 0o777, 0o700);
  });

  it('never goes over what is there, and finds a free place', () => {
    const place = join(folder, 'b');
    mkdirSync(place);
    writeFileSync(join(place, 'x'), 'theirs');
    assert.throws(() => keepFile(place, 'x', 'ours'), { code: 'conclude-archive-failed' });
    assert.equal(readFileSync(join(place, 'x'), 'utf8'), 'theirs');
    assert.equal(freeDirectory(place), `${place}-2`);
    assert.equal(freeDirectory(join(folder, 'none')), join(folder, 'none'));
  });

  it('refuses a backup that is not what the plan has seen', () => {
    assert.throws(() => keepFile(join(folder, 'c'), 'x', 'other', { sha256: sha256Hex('seen') }), {
      code: 'conclude-archive-failed',
    });
  });

  it('is verified by reading it back: a changed or a missing file is named', () => {
    const place = join(folder, 'd');
    const files = [keepFile(place, 'x', 'one'), keepFile(place, 'y', 'two')];
    verifyArchive(place, files);
    writeFileSync(join(place, 'y'), 'twO');
    assert.throws(() => verifyArchive(place, files), /d\/y has changed/);
    rmSync(join(place, 'y'));
    assert.throws(() => verifyArchive(place, files), /d\/y is not there any more/);
  });

  it('is complete when it has everything of the retention list, with content', () => {
    const all = retentionList.map((path) => ({
      path: path.endsWith('/') ? `${path}memory.svg` : path,
      bytes: 1,
      sha256: '',
    }));
    assert.deepEqual(findMissing(all), []);
    const [first, ...others] = all;
    assert.deepEqual(findMissing(others), ['experiment.json']);
    assert.deepEqual(findMissing([{ ...first, path: 'experiment.json', bytes: 0, sha256: '' }, ...others]), [
      'experiment.json',
    ]);
    assert.deepEqual(findMissing(all.filter(({ path }) => !path.startsWith('charts/'))), ['charts/']);
  });
});
