import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FileFacts } from './observed.ts';
import { collectTorrc, valueOfOption, valuesOfOption } from './torrc-files.ts';

const file = (path: string, text = ''): FileFacts => ({
  path,
  text,
  sha256: '',
  mode: 0o644,
  owner: 'root',
  group: 'root',
});
const filesOf = (...paths: string[]) => new Map(paths.map((path) => [path, file(path)]));
const include = (from: string, path: string, read = true) => ({ from, path, read });

describe('the files of a torrc', () => {
  it('stand in the order in which tor reads them, depth first', () => {
    const { files } = collectTorrc('/t', filesOf('/t', '/a', '/b', '/a1', '/other'), [
      include('/t', '/a'),
      include('/t', '/b'),
      include('/a', '/a1'),
      include('/other', '/b'),
    ]);
    assert.deepEqual(
      files.map(({ path }) => path),
      ['/t', '/a', '/a1', '/b'],
    );
  });

  it('are finite when files include each other', () => {
    const { files } = collectTorrc('/t', filesOf('/t', '/a'), [
      include('/t', '/a'),
      include('/a', '/t'),
      include('/a', '/a'),
    ]);
    assert.deepEqual(
      files.map(({ path }) => path),
      ['/t', '/a'],
    );
  });

  it('name those that were withheld', () => {
    const { files, withheld } = collectTorrc('/t', filesOf('/t'), [include('/t', '/root/x', false)]);
    assert.deepEqual([files.length, withheld], [1, ['/root/x']]);
  });

  it('are none when the main file is missing', () => {
    assert.deepEqual(collectTorrc('/t', filesOf('/a'), [include('/t', '/a')]), { files: [], withheld: [] });
  });
});

describe('an option of a torrc', () => {
  it('is read without quotes and comments, whatever the case of its name', () => {
    const text =
      'datadirectory "/srv/a b" # disk\n  DataDirectory /srv/c\t# x\n#DataDirectory /no\nDataDirectoryGroupReadable 1\n';
    assert.deepEqual(valuesOfOption(text, 'DataDirectory'), ['/srv/a b', '/srv/c']);
  });

  it('counts where it stands last, and the defaults only when the torrc has none', () => {
    const torrc = [file('/t', 'Nickname one\n'), file('/a', 'Nickname two\n')];
    const defaults = file('/d', 'Nickname zero\nDataDirectory /var/lib/x\n');
    assert.equal(valueOfOption('Nickname', torrc, defaults), 'two');
    assert.equal(valueOfOption('DataDirectory', torrc, defaults), '/var/lib/x');
    assert.equal(valueOfOption('Address', torrc, defaults), undefined);
  });
});
