// What the helper lets through, tried on its own text in a directory that stands in for `/`.
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { sha256Hex } from '../../base/json.ts';
import type { FileAttributes } from '../host.ts';
import { HostError } from '../host-error.ts';
import { LocalTransport } from '../local/local-transport.ts';
import { RemoteHost } from '../remote-host.ts';
import { type OwnPlace, ownPlace } from '../testing/own-place.ts';
import { memorySummary, renderHelper } from './render-helper.ts';

let place: OwnPlace;
let host: RemoteHost;
let plain: FileAttributes;
before(async () => {
  place = await ownPlace();
  const helper = renderHelper({ factsScript: ':', place });
  host = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
  plain = { mode: 0o644, owner: place.owner, group: place.group };
});
after(async () => {
  await host.close();
  await place[Symbol.asyncDispose]();
});

const at = (path: string): string => join(place.root, path);

const refused = async (action: Promise<unknown>, code: string, why: string): Promise<void> => {
  await assert.rejects(action, (error) => error instanceof HostError && error.code === code, why);
};

const directory = '/etc/systemd/system/tor@a.service.d';
const dropIn = `${directory}/50-x.conf`;
const service = (line: string): string => `[Service]\n${line}\n`;

describe('a drop-in', () => {
  const fine = [
    '# only a comment\n; and another\n\n',
    service('Environment=LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libmimalloc.so.2'),
    service('Environment="LD_PRELOAD=/lib/libjemalloc.so.2" MALLOC_ARENA_MAX=2'),
    service("Environment='LD_PRELOAD=/usr/local/lib/a/libm.so:/usr/lib/b.so'"),
    service('Environment = "MALLOC_CONF=background_thread:true,dirty_decay_ms:10000"  '),
    service('Environment=MIMALLOC_PURGE_DELAY=10 MIMALLOC_ALLOW_LARGE_OS_PAGES=1'),
    service('Environment=GLIBC_TUNABLES=glibc.malloc.arena_max=2:glibc.malloc.tcache_count=0'),
    service('Environment=TCMALLOC_RELEASE_RATE=5.0'),
    service('Restart=always\nRestartSec=1min 30s\nLimitNOFILE=65536:131072\nMemoryHigh=2G\nTimeoutStopSec=infinity'),
    '[Unit]\nStartLimitIntervalSec=0\nDescription=a relay\n[Service]\nNice=-5\n',
  ];
  for (const content of fine)
    test(`may say ${JSON.stringify(content)}`, async () => {
      await host.write(dropIn, content, plain);
      assert.equal(await readFile(at(dropIn), 'utf8'), content);
      await host.remove(dropIn);
    });

  const wrong = [
    service('ExecStart=/bin/sh'),
    service('ExecStartPre=+/bin/sh'),
    service('User=root'),
    service('EnvironmentFile=/etc/shadow'),
    service('Environment='),
    service('Environment=PATH=/tmp'),
    service('Environment=LD_LIBRARY_PATH=/tmp'),
    service('Environment=LD_PRELOAD=/tmp/x.so'),
    service('Environment=LD_PRELOAD=/usr/lib/../../tmp/x.so'),
    service('Environment=LD_PRELOAD=/usr/lib//x.so'),
    service('Environment=LD_PRELOAD=/usr/lib/a.so:/tmp/x.so'),
    service('Environment=LD_PRELOAD=x.so'),
    service('Environment=LD_PRELOAD='),
    service('Environment=LD_PRELOAD=/usr/lib/%i.so'),
    service('Environment="LD_PRELOAD=/usr/lib/$LIB/x.so"'),
    service('Environment="LD_PRELOAD=/usr/lib/a.so /tmp/x.so"'),
    service('Environment="LD_PRELOAD=/usr/lib/a.so"LD_AUDIT=/tmp/x.so'),
    service('Environment="MALLOC_ARENA_MAX=2 LD_AUDIT=/tmp/x.so'),
    service('Environment=MALLOC_ARENA_MAX=2 LD_AUDIT=/tmp/x.so'),
    service('Environment=MALLOC_CONF=prof:true,prof_prefix:/etc/cron.d/x'),
    service('Environment=MALLOC_CONF=prof_prefix:x'),
    service('Environment=GLIBC_TUNABLES=glibc.rtld.nns=2'),
    service('Environment=MIMALLOC_X=a/b'),
    service('Environment=MALLOC_ARENA_MAX=\\x32'),
    service('Restart=always\\\nExecStart=/bin/sh'),
    service('# comment \\\nExecStart=/bin/sh'),
    service('Restart=sometimes'),
    service('LimitNOFILE='),
    service('RestartSec=$(id)'),
    service('MemoryMax=50% ; true'),
    'Restart=always\n',
    '[Install]\nWantedBy=multi-user.target\n',
    '[Service\nRestart=always\n',
    '[service]\nRestart=always\n',
    '[Unit]\nRestart=always\n',
    '[Service]\r\nRestart=always\r\n',
    '[Service]\nRestart=always\0\nExecStart=/bin/sh\n',
    '[Service]\nDescription=x\n',
    '[Unit]\nOnFailure=emergency.target\n',
    '[Unit]\nDescription=%H\n',
    'no directive\n',
  ];
  for (const content of wrong)
    test(`may not say ${JSON.stringify(content)}`, async () => {
      await refused(host.write(dropIn, content, plain), 'host-content-refused', content);
      assert.equal(await host.stat(dropIn), undefined);
    });

  test('that someone else wrote is neither replaced nor removed when it could not be put back', async () => {
    const foreign = service('User=_tor-a\nEnvironment=LD_PRELOAD=/usr/lib/x.so');
    await mkdir(at(directory), { recursive: true });
    await writeFile(at(dropIn), foreign);
    await refused(host.write(dropIn, service('Restart=always'), plain), 'host-content-refused', 'write');
    await refused(host.remove(dropIn), 'host-content-refused', 'remove');
    assert.equal(await readFile(at(dropIn), 'utf8'), foreign);
    await rm(at(dropIn));
  });

  describe('with lines of an administrator', () => {
    const mixed = [
      '# kept',
      '[Service]',
      'User=_tor-a',
      'Environment="LD_PRELOAD=/usr/lib/x.so" SECRET=1',
      'ExecStart=',
      'ExecStart=/usr/bin/tor -f /etc/tor/instances/a/torrc',
      '[Install]',
      'WantedBy=multi-user.target',
      '',
    ].join('\n');
    beforeEach(async () => {
      await mkdir(at(directory), { recursive: true });
      await writeFile(at(dropIn), mixed);
    });
    const allowed = [
      mixed.replace('"LD_PRELOAD=/usr/lib/x.so" ', ''),
      mixed.replace('# kept\n', '').replace('/usr/lib/x.so', '/usr/lib/y.so'),
      `${mixed}[Service]\nRestart=always\n`,
    ];
    for (const content of allowed)
      test(`may become ${JSON.stringify(content)} and goes back`, async () => {
        await host.write(dropIn, content, plain);
        assert.equal(await readFile(at(dropIn), 'utf8'), content);
        await host.write(dropIn, mixed, plain);
        assert.equal(await readFile(at(dropIn), 'utf8'), mixed);
      });
    const forbidden = [
      mixed.replace('User=_tor-a', 'User=root'),
      mixed.replace('User=_tor-a\n', ''),
      mixed.replace('User=_tor-a', '#User=_tor-a'),
      mixed.replace('[Service]\nUser', '[Unit]\nUser'),
      mixed.replace('SECRET=1', 'SECRET=2'),
      mixed.replace(' SECRET=1', ''),
      mixed.replace('ExecStart=\n', ''),
      `${mixed}ExecStart=/bin/sh\n`,
      mixed.replace('ExecStart=\n', 'ExecStart=/bin/sh\nExecStart=\n'),
      mixed.replace('User=_tor-a', 'User=_tor-a\nUser=_tor-a'),
      mixed.replace('User=_tor-a', 'User=_tor-a \\'),
      '',
    ];
    for (const content of forbidden)
      test(`may not become ${JSON.stringify(content)}`, async () => {
        await refused(host.write(dropIn, content, plain), 'host-content-refused', content);
        assert.equal(await readFile(at(dropIn), 'utf8'), mixed);
      });
    test('is not removed', () => refused(host.remove(dropIn), 'host-content-refused', 'remove'));
    test('is left alone where it continues lines', async () => {
      await writeFile(at(dropIn), mixed.replace('User=_tor-a', 'User=_tor-a \\\n'));
      await refused(host.write(dropIn, mixed, plain), 'host-content-refused', 'continued');
      await rm(at(dropIn));
    });
  });

  test('may preload a library only that nobody else can change', async () => {
    const content = service('Environment=LD_PRELOAD=/usr/local/lib/own/liba.so');
    await mkdir(at('/usr/local/lib/own'));
    await writeFile(at('/usr/local/lib/own/liba.so.1'), 'x', { mode: 0o644 });
    await symlink('liba.so.1', at('/usr/local/lib/own/liba.so'));
    await host.write(dropIn, content, plain);
    await host.remove(dropIn);
    await chmod(at('/usr/local/lib/own/liba.so.1'), 0o666);
    await refused(host.write(dropIn, content, plain), 'host-content-refused', 'writable file');
    await chmod(at('/usr/local/lib/own/liba.so.1'), 0o644);
    await chmod(at('/usr/local/lib/own'), 0o775);
    await refused(host.write(dropIn, content, plain), 'host-path-refused', 'writable directory');
    await chmod(at('/usr/local/lib/own'), 0o755);
    await rm(at('/usr/local/lib/own/liba.so'));
    await symlink('/tmp/liba.so', at('/usr/local/lib/own/liba.so'));
    await writeFile('/tmp/liba.so', '').catch(() => {});
    await refused(host.write(dropIn, content, plain), 'host-content-refused', 'link that leads elsewhere');
    await rm('/tmp/liba.so', { force: true });
    await rm(at('/usr/local/lib/own'), { recursive: true });
  });

  test('belongs to root and can be changed by root alone', async () => {
    const content = service('Restart=always');
    for (const change of [{ owner: 'nobody' }, { group: 'nogroup' }, { mode: 0o666 }, { mode: 0o664 }])
      await refused(host.write(dropIn, content, { ...plain, ...change }), 'host-path-refused', JSON.stringify(change));
    await refused(host.write(dropIn, content, { ...plain, mode: 0o4755 }), 'host-request-bad', 'setuid');
  });
});

describe('a timer of Tearless', () => {
  const timer = '/etc/systemd/system/tearless-restart-a.timer';
  const unit = '/etc/systemd/system/tearless-restart-a.service';
  test('may restart a relay', async () => {
    await host.write(
      timer,
      '[Unit]\nDescription=Restarts a\n[Timer]\nOnCalendar=*-*-* 04:00:00\nRandomizedDelaySec=1h\n[Install]\nWantedBy=timers.target\n',
      plain,
    );
    await host.write(unit, '[Service]\nType=oneshot\nExecStart=/usr/bin/systemctl try-restart tor@a.service\n', plain);
    await host.remove(timer);
    await host.remove(unit);
  });
  const wrong = [
    '[Service]\nType=oneshot\nExecStart=/bin/sh -c id\n',
    '[Service]\nExecStart=/usr/bin/systemctl restart ssh.service\n',
    '[Service]\nExecStart=/usr/bin/systemctl restart tor@a.service ssh.service\n',
    '[Service]\nExecStart=-/usr/bin/systemctl restart tor@a.service\n',
    '[Service]\nType=oneshot\nEnvironment=LD_PRELOAD=/usr/lib/x.so\n',
    '[Install]\nAlias=ssh.service\n',
  ];
  for (const content of wrong)
    test(`may not say ${JSON.stringify(content)}`, async () => {
      await refused(host.write(unit, content, plain), 'host-content-refused', content);
    });
  test('is asked to start no unit but its own', async () => {
    const content = '[Timer]\nOnBootSec=1\nUnit=debug-shell.service\n';
    await refused(host.write(timer, content, plain), 'host-content-refused', content);
  });
});

describe('a timer that somebody wrote to restart tor', () => {
  const timer = '/etc/systemd/system/tor-restart-a.timer';
  const template = '/etc/systemd/system/tor-restart@.service';
  test('goes and comes back', async () => {
    const files: Record<string, string> = {
      [timer]:
        '[Unit]\nDescription=Restart tor@a every 24 hours\n[Timer]\nOnBootSec=24h\nOnUnitActiveSec=24h\nRandomizedDelaySec=300\nUnit=tor-restart@a.service\n[Install]\nWantedBy=timers.target\n',
      '/etc/systemd/system/tor-restart@.timer':
        '[Unit]\nDescription=Restart %i\n[Timer]\nOnUnitActiveSec=48h\n[Install]\nWantedBy=timers.target\n',
      [template]:
        '[Unit]\nDescription=Restart Tor relay %i\nAfter=network.target\n[Service]\nType=oneshot\nExecStart=/bin/systemctl restart tor@%i\n',
    };
    for (const [path, content] of Object.entries(files)) {
      await writeFile(at(path), content);
      await host.remove(path);
      await host.write(path, content, plain);
      assert.equal(await readFile(at(path), 'utf8'), content);
      await host.remove(path);
    }
  });
  const wrong: readonly (readonly [string, string])[] = [
    [template, '[Service]\nType=oneshot\nExecStart=/bin/sh -c id\n'],
    [template, '[Service]\nExecStart=/bin/systemctl restart ssh\n'],
    [template, '[Service]\nExecStart=/bin/systemctl restart tor@a ssh\n'],
    [template, '[Service]\nType=oneshot\nUser=root\n'],
    [template, '[Unit]\nRequires=debug-shell.service\n'],
    [timer, '[Timer]\nUnit=debug-shell.service\n'],
    [timer, '[Unit]\nWants=debug-shell.service\n'],
    [timer, '[Install]\nWantedBy=multi-user.target\n'],
  ];
  for (const [path, content] of wrong)
    test(`is left alone where it says ${JSON.stringify(content)}`, async () => {
      await refused(host.write(path, content, plain), 'host-content-refused', content);
      await writeFile(at(path), content);
      await refused(host.remove(path), 'host-content-refused', content);
      await rm(at(path));
    });
});

describe('the script that tells what memory relays take', () => {
  test('is the helper’s own, and no other', async () => {
    await host.write(memorySummary.path, memorySummary.text, plain);
    await refused(host.write(memorySummary.path, 'id\n', plain), 'host-content-refused', 'another');
    await host.remove(memorySummary.path);
    await refused(host.write(memorySummary.path, `${memorySummary.text}\nid\n`, plain), 'host-content-refused', 'more');
  });
  test('is run by a service of Tearless', async () => {
    const path = '/etc/systemd/system/tearless-memory-summary.service';
    const start = `/bin/sh ${memorySummary.path}`;
    await host.write(path, `[Service]\nType=oneshot\nSyslogIdentifier=tearless-memory\nExecStart=${start}\n`, plain);
    await refused(host.write(path, `[Service]\nExecStart=${start} x\n`, plain), 'host-content-refused', 'argument');
    await host.remove(path);
  });
});

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

describe('the way to a file', () => {
  test('keys, cookies and their directories are never read, listed with content, written or removed', async () => {
    await mkdir(at('/etc/tor/keys'), { recursive: true });
    for (const path of [
      '/etc/tor/keys/ed25519_master_id_secret_key',
      '/etc/tor/hs_ed25519_secret_key',
      '/etc/tor/control.authcookie',
      '/etc/tor/secret_id_key',
    ]) {
      await writeFile(at(path), 'secret');
      await refused(host.read(path), 'host-path-refused', path);
      await refused(host.stat(path), 'host-path-refused', path);
      await refused(host.remove(path), 'host-path-refused', path);
      await refused(host.write(path, 'x', plain), 'host-path-refused', path);
    }
    await refused(host.list('/etc/tor/keys'), 'host-path-refused', 'keys');
    const entries = (await host.list('/etc/tor')).filter(({ path }) => !path.endsWith('instances'));
    assert.deepEqual(entries.map(({ type, path }) => `${type} ${path}`).sort(), [
      'other /etc/tor/control.authcookie',
      'other /etc/tor/hs_ed25519_secret_key',
      'other /etc/tor/keys',
      'other /etc/tor/secret_id_key',
    ]);
    for (const { path } of entries) await rm(at(path), { recursive: true });
  });

  test('a link on the way, or in the file’s place, is not followed', async () => {
    const elsewhere = at('/var/elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'torrc'), 'Nickname x\n');
    await symlink(elsewhere, at('/etc/tor/linked'));
    await symlink(join(elsewhere, 'torrc'), at('/etc/tor/link'));
    for (const path of ['/etc/tor/linked/torrc', '/etc/tor/link']) {
      await refused(host.write(path, 'Nickname y\n', plain), 'host-path-refused', path);
      await refused(host.remove(path), 'host-path-refused', path);
    }
    await refused(host.read('/etc/tor/linked/torrc'), 'host-path-refused', 'read');
    await refused(host.read('/etc/tor/link'), 'host-not-found', 'read');
    assert.equal(await readFile(join(elsewhere, 'torrc'), 'utf8'), 'Nickname x\n');
    await rm(at('/etc/tor/linked'));
    await rm(at('/etc/tor/link'));
  });

  test('a directory that others can change is not trusted', async () => {
    await mkdir(at('/etc/tor/open'));
    await chmod(at('/etc/tor/open'), 0o777);
    await refused(host.write('/etc/tor/open/torrc', 'Nickname x\n', plain), 'host-path-refused', 'open');
    await rm(at('/etc/tor/open'), { recursive: true });
  });

  const outside = [
    '/etc/systemd/system/ssh.service.d/x.conf',
    '/etc/systemd/system/tor@a.service.d/x.service',
    '/etc/systemd/system/tor@a.service.d/sub/x.conf',
    '/etc/systemd/system/tor@a/b.service.d/x.conf',
    '/etc/systemd/system/tor@a.service.d/.x.conf',
    '/etc/systemd/system/tor@a.service',
    '/etc/systemd/system/tearless-x.path',
    '/etc/systemd/system/tearless-/x.service',
    '/usr/local/lib/tearless/helper',
    '/usr/local/lib/tearless/libx.so',
    '/usr/lib/libx.so',
    '/usr/share/tor/tor-service-defaults-torrc',
    '/var/lib/tearless/lock',
    '/var/lib/tearless/owned.json',
    '/var/lib/tearless/runs/r/journal.ndjson',
    '/var/lib/tor-instances/a/torrc',
    '/etc/sudoers.d/x',
  ];
  for (const path of outside)
    test(`${path} is not written or removed`, async () => {
      const code = (error: unknown): boolean => error instanceof HostError && error.code === 'host-path-refused';
      await assert.rejects(host.write(path, '', plain), code);
      await assert.rejects(host.remove(path), code);
    });

  test('what a run keeps is for root alone', async () => {
    const path = '/var/lib/tearless/runs/r1/notes';
    await refused(host.write(path, 'x', plain), 'host-path-refused', 'mode');
    await host.write(path, 'x', { ...plain, mode: 0o600 });
    assert.equal((await host.stat('/var/lib/tearless'))?.mode, 0o700);
    await host.remove(path);
  });
});
