import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { replaceFile, requireNewFile, writeNewFile, writePrivateFile } from './own-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'tearless-own-'));
after(() => rmSync(directory, { recursive: true }));
const path = (name: string) => join(directory, name);

describe('files of the operator', () => {
  it('a new one never takes the place of another', () => {
    writeNewFile(path('new'), 'one', 'hint');
    assert.throws(() => writeNewFile(path('new'), 'two', 'hint'), { code: 'cli-file-exists', kind: 'refused' });
    assert.equal(readFileSync(path('new'), 'utf8'), 'one');
    assert.throws(() => writeNewFile(path('none/new'), 'x', 'hint'), { code: 'cli-file-unwritable' });
  });

  it('that a new one can be written is known before, and leaves nothing', () => {
    requireNewFile(path('later'), 'hint');
    assert.equal(statSync(path('later'), { throwIfNoEntry: false }), undefined);
    writeNewFile(path('there'), 'theirs', 'hint');
    assert.throws(() => requireNewFile(path('there'), 'hint'), { code: 'cli-file-exists' });
    assert.equal(readFileSync(path('there'), 'utf8'), 'theirs');
    assert.throws(() => requireNewFile(path('none/later'), 'hint'), { code: 'cli-file-unwritable' });
  });

  it('a changed one keeps its permissions, and a link stays one', () => {
    writeFileSync(path('real'), 'old');
    chmodSync(path('real'), 0o640);
    symlinkSync('real', path('link'));
    replaceFile(path('link'), 'old', 'new');
    assert.equal(readFileSync(path('real'), 'utf8'), 'new');
    assert.equal(statSync(path('real')).mode & 0o777, 0o640);
    assert.ok(lstatSync(path('link')).isSymbolicLink());
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('what somebody else wrote meanwhile is not lost', () => {
    writeFileSync(path('shared'), 'theirs');
    assert.throws(() => replaceFile(path('shared'), 'ours', 'new'), { code: 'cli-file-changed' });
    assert.equal(readFileSync(path('shared'), 'utf8'), 'theirs');
    assert.throws(() => replaceFile(path('gone'), '', 'new'), { code: 'cli-file-unwritable' });
  });

  it('a private one is for its owner only, also where others could read what stood there', () => {
    writeFileSync(path('plan'), 'old');
    chmodSync(path('plan'), 0o644);
    writePrivateFile(path('plan'), 'new');
    assert.equal(readFileSync(path('plan'), 'utf8'), 'new');
    assert.equal(statSync(path('plan')).mode & 0o777, 0o600);
    assert.throws(() => writePrivateFile(path('none/plan'), 'x'), { code: 'cli-file-unwritable' });
    writePrivateFile('/dev/null', 'x');
    assert.ok(statSync('/dev/null').isCharacterDevice());
  });
});
