import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dropInFolders, dropInsOf } from './drop-ins.ts';
import type { FileFacts } from './observed.ts';

const file = (path: string): FileFacts => ({ path, text: '', sha256: '', mode: 0o644, owner: 'root', group: 'root' });

describe('drop-ins', () => {
  it('come from the unit, its dashed prefixes, the template and all services', () => {
    assert.deepEqual(dropInFolders('tor@a-b-c.service'), [
      'tor@a-b-c.service.d',
      'tor@a-b-.service.d',
      'tor@a-.service.d',
      'tor@.service.d',
      'service.d',
    ]);
  });

  it('of other units do not apply', () => {
    const files = ['tor@ab.service.d/1.conf', 'tor@a.service.d/1.conf.bak', 'tor.service.d/1.conf'].map((path) =>
      file(`/etc/systemd/system/${path}`),
    );
    assert.deepEqual(dropInsOf('tor@a.service', files), []);
  });

  it('apply in the order of their names, wherever they lie', () => {
    const paths = [
      '/etc/systemd/system/tor@a.service.d/20-b.conf',
      '/etc/systemd/system/tor@.service.d/30-c.conf',
      '/run/systemd/system/tor@a.service.d/10-a.conf',
    ];
    assert.deepEqual(
      dropInsOf('tor@a.service', paths.map(file)).map(({ path }) => path),
      [paths[2], paths[0], paths[1]],
    );
  });

  it('of one name: the more particular folder counts, then the directory of higher priority', () => {
    const paths = [
      '/usr/lib/systemd/system/tor@a.service.d/x.conf',
      '/etc/systemd/system/tor@.service.d/x.conf',
      '/run/systemd/system/tor@a.service.d/x.conf',
    ];
    assert.deepEqual(dropInsOf('tor@a.service', paths.map(file)), [file('/run/systemd/system/tor@a.service.d/x.conf')]);
  });
});
