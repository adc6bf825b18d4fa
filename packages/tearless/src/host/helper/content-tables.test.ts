// What the helper lets through into tables of cron and into torrc, tried on its own text in a directory that stands in for `/`.
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { after, before, beforeEach, describe, test } from 'node:test';
import { sha256Hex } from '../../base/json.ts';
import type { FileAttributes } from '../host.ts';
import type { RemoteHost } from '../remote-host.ts';
import { HelperStage, refused } from '../testing/helper-stage.ts';

let stage: HelperStage;
let host: RemoteHost;
let plain: FileAttributes;
before(async () => {
  stage = await HelperStage.set();
  ({ host, plain } = stage);
});
after(() => stage[Symbol.asyncDispose]());
const at = (path: string): string => stage.at(path);

describe('a table of cron', () => {
  const table = '/var/spool/cron/crontabs/krim';
  const lines = ['# mine', 'MAILTO=krim', '0 */6 * * * /home/krim/collect.sh', '5 4 * * * /usr/bin/backup', ''];
  const former = lines.join('\n');
  const without = lines.filter((line) => !line.includes('collect')).join('\n');
  const cut = (content: string, sha256 = sha256Hex(former)) =>
    host.call('cron-cut', { args: [table, sha256], input: content });
  const restore = (path = table) => host.call('cron-restore', { args: [path, sha256Hex(former), sha256Hex(without)] });
  beforeEach(async () => {
    await mkdir(at('/var/spool/cron/crontabs'), { recursive: true });
    await mkdir(at('/etc/cron.d'), { recursive: true });
    await chmod(at('/var/spool/cron/crontabs'), 0o1730);
    await writeFile(at(table), former, { mode: 0o600 });
  });

  test('loses a job, keeps every other byte, its mode and its owner, and comes back', async () => {
    await chmod(at(table), 0o640);
    await cut(without);
    assert.equal(await readFile(at(table), 'utf8'), without);
    assert.equal((await stat(at(table))).mode & 0o7777, 0o640);
    const read = await host.call('cron-read', { args: [table] });
    assert.equal(Buffer.from(read.stdout).toString(), without);
    await restore();
    await restore();
    assert.equal(await readFile(at(table), 'utf8'), former);
    assert.equal((await stat(at(table))).mode & 0o7777, 0o640);
    assert.deepEqual((await readdir(at('/var/spool/cron/crontabs'))).sort(), ['krim']);
    assert.deepEqual((await readdir(at('/var/lib/tearless/cron'))).length, 1);
  });

  const wrong = [
    `${former}* * * * * id\n`,
    former.replace('backup', 'id'),
    former.replace('# mine\n', ''),
    former.replace('MAILTO=krim\n', ''),
    former.replace('# mine\nMAILTO=krim', 'MAILTO=krim\n# mine'),
    `${former}${former}`,
  ];
  for (const content of wrong)
    test(`does not become ${JSON.stringify(content)}`, async () => {
      await refused(cut(content), 'host-content-refused', content);
      assert.equal(await readFile(at(table), 'utf8'), former);
    });

  test('that someone else changed is left alone', async () => {
    await refused(cut(without, sha256Hex('else')), 'host-state-changed', 'cut');
    await cut(without);
    await writeFile(at(table), `${without}1 1 * * * true\n`);
    await refused(restore(), 'host-state-changed', 'restore');
  });

  test('takes nothing that was kept of another', async () => {
    const other = '/var/spool/cron/crontabs/root';
    await cut(without);
    await writeFile(at(other), without);
    await refused(restore(other), 'host-not-found', 'other');
    await rm(at(other));
  });

  test('is a plain file among tables', async () => {
    for (const path of ['/etc/crontab', '/etc/cron.d/../passwd', '/etc/cron.daily/x', '/var/spool/cron/crontabs/a/b'])
      await refused(host.call('cron-read', { args: [path] }), 'host-path-refused', path);
    await symlink(at(table), at('/etc/cron.d/link'));
    await refused(host.call('cron-read', { args: ['/etc/cron.d/link'] }), 'host-not-found', 'link');
    await rm(at('/etc/cron.d/link'));
  });

  test('is not trusted where others could exchange it', async () => {
    await chmod(at('/var/spool/cron/crontabs'), 0o777);
    await refused(host.call('cron-read', { args: [table] }), 'host-path-refused', 'open');
  });
});

describe('a torrc', () => {
  const torrc = '/etc/tor/instances/a/torrc';
  const former = [
    '# by hand',
    'Nickname a',
    'User _tor-a',
    'Log notice file /var/log/tor/a.log',
    'HiddenServiceDir /var/lib/tor-instances/a/site',
    'ExitPolicy accept *:80, \\',
    '  reject *:*',
    '',
  ].join('\n');
  beforeEach(async () => {
    await mkdir(at('/etc/tor/instances/a'), { recursive: true });
    await writeFile(at(torrc), former, { mode: 0o644 });
  });

  const allowed: readonly (readonly [string, string])[] = [
    ['a new option', `${former}MaxMemInQueues 2 GB\n`],
    ['a comment', `# more\n${former}`],
    ['another value', former.replace('Nickname a', 'Nickname b')],
    ['DirPort, which only begins like a guarded one', `${former}DirPort 9030\n`],
    ['another policy', former.replace('accept *:80', 'accept *:443')],
  ];
  for (const [what, content] of allowed)
    test(`may get ${what}`, async () => {
      await host.write(torrc, content, plain);
      assert.equal(await readFile(at(torrc), 'utf8'), content);
    });

  const forbidden = [
    `${former}User root\n`,
    `${former}  uSeR root\n`,
    `${former}\tuser\troot\n`,
    `${former}\vUser root\n`,
    `${former}+User root\n`,
    `${former}/User\n`,
    `${former}Use\\\nr root\n`,
    `${former}Us root\n`,
    `${former}DataDir /etc\n`,
    `${former}DataDirectory /etc\n`,
    `${former}ClientTransportPlugin obfs4 exec /tmp/x\n`,
    `${former}ServerTransportPl obfs4 exec /tmp/x\n`,
    `${former}PidFile /etc/cron.d/x\n`,
    `${former}Log debug file /etc/cron.d/x\n`,
    `${former}ControlPort 9051\n`,
    `${former}HashedControlPassword 16:00\n`,
    `${former}CookieAuthentication 0\n`,
    `${former}%include /tmp/x\n`,
    `${former}HiddenServiceDir /etc\n`,
    `${former}SocksPort unix:/etc/x\n`,
    `${former}__ReloadTorrcOnSIGHUP 0\n`,
    `${former}DirAuthority x 192.0.2.1:80 ${'0'.repeat(40)}\n`,
    `${former}AccelDir /tmp\n`,
    `${former}FamilyKeyDirectory /etc\n`,
    `${former}SafeLogging 0\n`,
    `${former}Nickname c\0\nUser root\n`,
    `\ufeffUser root\n${former}`,
    former.replace('User _tor-a\n', ''),
    former.replace('User _tor-a', 'User root'),
    former.replace('User _tor-a', '#User _tor-a'),
    former.replace('Nickname a', 'Nickname a \\'),
    former.replace('Nickname a', 'Nickname a \\\n# comment'),
    former.replace('User _tor-a', 'User _tor-a \\\nNickname x'),
    former.replace('/var/log/tor/a.log', '/etc/cron.d/a'),
    `Log notice file /var/log/tor/a.log\n${former.replace('Log notice file /var/log/tor/a.log\n', '')}`,
    '',
  ];
  for (const content of forbidden)
    test(`may not become ${JSON.stringify(content.replace(former, '…'))}`, async () => {
      await refused(host.write(torrc, content, plain), 'host-content-refused', content);
      assert.equal(await readFile(at(torrc), 'utf8'), former);
    });

  test('with guarded options is not removed, one without is', async () => {
    await refused(host.remove(torrc), 'host-content-refused', 'guarded');
    await host.write('/etc/tor/instances/b/torrc', 'Nickname b\n', plain);
    await host.remove('/etc/tor/instances/b/torrc');
    await host.removeEmptyDirectory('/etc/tor/instances/b');
  });

  test('is not handed to another user or opened to others', async () => {
    await refused(host.write(torrc, former, { ...plain, owner: 'nobody' }), 'host-path-refused', 'owner');
    await refused(host.write(torrc, former, { ...plain, group: 'nogroup' }), 'host-path-refused', 'group');
    await refused(host.write(torrc, former, { ...plain, mode: 0o666 }), 'host-path-refused', 'mode');
  });

  test('that others could change already may be written back as it was', async () => {
    await chmod(at(torrc), 0o664);
    await host.write(torrc, `${former}NumCPUs 2\n`, { ...plain, mode: 0o664 });
    assert.equal((await host.stat(torrc))?.mode, 0o664);
  });
});
