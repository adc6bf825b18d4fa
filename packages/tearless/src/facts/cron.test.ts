import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCron } from './cron.ts';
import type { FileFacts } from './observed.ts';

const file = (path: string, text: string): FileFacts => ({
  path,
  text,
  sha256: '',
  mode: 0o644,
  owner: 'root',
  group: 'root',
});
const jobs = (path: string, text: string) => parseCron([file(path, text)]).map(({ user, line }) => [user, line]);

describe('cron tables', () => {
  it('of the system name the user in each line', () => {
    const text = '# m h\nPATH=/bin\n\n*/5 1,2 * * 1-5 tor /bin/a\n@daily root /bin/b\n0 4 * jan sun krim /bin/c\n';
    assert.deepEqual(jobs('/etc/crontab', text), [
      ['tor', 4],
      ['root', 5],
      ['krim', 6],
    ]);
    assert.equal(jobs('/etc/cron.d/tor_restart-1', text).length, 3);
  });

  it('of a user belong to that user', () => {
    assert.deepEqual(jobs('/var/spool/cron/crontabs/operator', 'MAILTO = root\n0 6 * * * check\n  @reboot start\n'), [
      ['operator', 2],
      ['operator', 3],
    ]);
  });

  it('have lines that cron would not run: these are no jobs', () => {
    assert.deepEqual(jobs('/etc/cron.d/x', '0 6 * * root\nhello world\n5 root /bin/a\n'), []);
  });

  it('in /etc/cron.d are only those whose names cron accepts', () => {
    for (const name of ['x.dpkg-old', '.placeholder', 'a~'])
      assert.deepEqual(jobs(`/etc/cron.d/${name}`, '@daily root /bin/b\n'), [], name);
  });

  it('are told apart from other files', () => {
    assert.deepEqual(jobs('/etc/tor/torrc', '@daily root /bin/b\n'), []);
  });
});
