// What the helper lets through into units, tried on its own text in a directory that stands in for `/`.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { FileAttributes } from '../host.ts';
import type { RemoteHost } from '../remote-host.ts';
import { HelperStage, refused } from '../testing/helper-stage.ts';
import { memorySummary } from './render-helper.ts';

let stage: HelperStage;
let host: RemoteHost;
let plain: FileAttributes;
before(async () => {
  stage = await HelperStage.set();
  ({ host, plain } = stage);
});
after(() => stage[Symbol.asyncDispose]());
const at = (path: string): string => stage.at(path);

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
