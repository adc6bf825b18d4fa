// The verbs of live updates, on the helper's own text: what is signed, by whom, for what; where programs lie, and how they are started.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HostError } from '../host-error.ts';
import { LocalTransport } from '../local/local-transport.ts';
import { RemoteHost } from '../remote-host.ts';
import { type OwnPlace, ownPlace } from '../testing/own-place.ts';
import { renderHelper } from './render-helper.ts';

const buildId = '00112233445566778899aabbccddeeff00112233';
const unit = `# /lib/systemd/system/tor@.service
[Unit]
After=network.target
[Service]
ExecStartPre=/usr/bin/install -d /run/tor-instances/%i
ExecStartPre=+/usr/bin/tor --defaults-torrc /run/%i.defaults \\
  --verify-config
ExecStart=/usr/bin/tor --defaults-torrc /run/%i.defaults -f /etc/tor/instances/%i/torrc
NoNewPrivileges=yes

# /etc/systemd/system/tor@a.service.d/10-type.conf
[Service]
Type=simple
`;

let place: OwnPlace;
let host: RemoteHost;
let program: Uint8Array;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const keyAt = (name: string): string => join(place.root, 'run', name);

before(async () => {
  // Under sudo it may be that of the tests.
  delete process.env.SUDO_COMMAND;
  place = await ownPlace();
  const helper = renderHelper({ factsScript: 'true', place });
  host = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
  for (const name of ['first', 'second', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyAt(name)]);
  const source = join(place.root, 'run/program.c');
  await writeFile(source, 'int main(void) { return 0; }\n');
  execFileSync('cc', ['-o', join(place.root, 'run/program'), `-Wl,--build-id=0x${buildId}`, source]);
  program = await readFile(join(place.root, 'run/program'));
  await mkdir(join(place.root, 'usr/bin'), { recursive: true });
  await writeFile(join(place.root, 'run/unit'), unit);
  await writeFile(join(place.root, 'usr/bin/systemctl'), `#!/bin/sh\ncat '${place.root}/run/unit'\n`);
  await chmod(join(place.root, 'usr/bin/systemctl'), 0o755);
});
after(async () => {
  await host.close();
  await place[Symbol.asyncDispose]();
});

const signed = (content: string | Uint8Array, key: string, namespace: string): Uint8Array => {
  const bytes = Buffer.from(content);
  const signature = execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', keyAt(key), '-n', namespace], {
    input: bytes,
  });
  return Buffer.concat([Buffer.from(`${signature.length}\n`), signature, bytes]);
};
const say = async (verb: string, args: readonly string[] = [], input: string | Uint8Array = ''): Promise<string> =>
  new TextDecoder().decode((await host.call(verb, { args, input })).stdout);
const fails = async (code: string, verb: string, args: readonly string[], input: string | Uint8Array = '') => {
  const error = await host.call(verb, { args, input }).then(
    () => assert.fail(`expected ${code}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HostError)) throw error;
  assert.equal(error.code, code, error.message);
};
/** What was signed for one call, and its arguments: begins with a word of the host's. */
const answering = async (
  verb: string,
  args: readonly string[],
  content: string | Uint8Array,
  key: string,
  namespace: string,
): Promise<Uint8Array> => {
  const word = (await say('live-word')).trimEnd();
  return signed(
    Buffer.concat([Buffer.from(`${[word, verb, ...args].join(' ')}\n`), Buffer.from(content)]),
    key,
    namespace,
  );
};
const building = (content: string | Uint8Array, key: string, args = [buildId], namespace = 'live-build@tearless') =>
  answering('live-install', args, content, key, namespace);
const line = async (name: string, key: string, times = ''): Promise<string> => {
  const [type, text] = (await readFile(`${keyAt(key)}.pub`, 'utf8')).split(' ');
  return `${name} namespaces="live-plan@tearless,live-build@tearless,live-signers@tearless"${times} ${type} ${text}\n`;
};
const trusting = (content: string, key: string, namespace = 'live-signers@tearless'): Promise<Uint8Array> =>
  answering('live-trust', [], content, key, namespace);
const replacing = (former: string, next: string): string => `replaces ${sha256(former)}\n${next}`;

describe('who may sign', () => {
  test('is nobody at first, and a login that only calls the helper cannot be the first', async () => {
    assert.equal(await say('live-signers'), '');
    await fails('host-live-untrusted', 'live-install', [buildId], await building(program, 'first'));
    const list = await trusting(replacing('', await line('ops', 'first')), 'first');
    process.env.SUDO_COMMAND = '/usr/local/lib/tearless/helper';
    const helper = renderHelper({ factsScript: 'true', place });
    const login = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
    try {
      const refused = login.call('live-trust', { input: list });
      await assert.rejects(refused, { code: 'host-live-untrusted' });
    } finally {
      delete process.env.SUDO_COMMAND;
      await login.close();
    }
    assert.equal(await say('live-signers'), '');
  });

  test('is said by root first, then by somebody on the list, who also says what it replaces', async () => {
    const [one, both] = [await line('ops', 'first'), (await line('ops', 'first')) + (await line('next', 'second'))];
    await say('live-trust', [], await trusting(replacing('', one), 'first'));
    assert.equal(await say('live-signers'), one);
    const next = replacing(one, both);
    await fails('host-live-untrusted', 'live-trust', [], Buffer.concat([Buffer.from('0\n'), Buffer.from(next)]));
    await fails('host-live-untrusted', 'live-trust', [], signed(next, 'first', 'live-signers@tearless'));
    await fails('host-live-untrusted', 'live-trust', [], await trusting(next, 'stranger'));
    await fails('host-live-untrusted', 'live-trust', [], await trusting(next, 'first', 'live-build@tearless'));
    const statement = await trusting(next, 'first');
    await say('live-trust', [], statement);
    assert.equal(await say('live-signers'), both);
    await fails('host-state-changed', 'live-trust', [], await trusting(next, 'first'));
    // Who was revoked does not come back by what let it in, though the list is what it was then.
    await say('live-trust', [], await trusting(replacing(both, one), 'first'));
    await fails('host-state-changed', 'live-trust', [], statement);
    assert.equal(await say('live-signers'), one);
  });

  test('stands in a list that holds nothing else', async () => {
    const now = await say('live-signers');
    const key = (await line('ops', 'first')).trim().split(' ').slice(-2).join(' ');
    for (const bad of [
      `ops ${key}\n`,
      `* namespaces="live-plan@tearless,live-build@tearless,live-signers@tearless" ${key}\n`,
      `ops namespaces="*" ${key}\n`,
      `ops cert-authority,namespaces="live-plan@tearless,live-build@tearless,live-signers@tearless" ${key}\n`,
      (await line('ops', 'first')).replace(' ssh', ',valid-before="tomorrow" ssh'),
    ])
      await fails('host-content-refused', 'live-trust', [], await trusting(replacing(now, bad), 'first'));
    assert.equal(await say('live-signers'), now);
  });

  test('holds for its time alone', async () => {
    const now = await say('live-signers');
    const list = (await line('ops', 'first')) + (await line('next', 'second', ',valid-before="20200101"'));
    await say('live-trust', [], await trusting(replacing(now, list), 'first'));
    await fails('host-live-untrusted', 'live-install', [buildId], await building(program, 'second'));
  });
});

describe('a build', () => {
  const path = `/usr/local/lib/tearless/live/${buildId}/tor`;

  test('lies there once it is signed, under its own build-id, for everybody to run', async () => {
    const right = await building(program, 'first');
    const spoiled = Buffer.from(right);
    spoiled[spoiled.length - 1] = (spoiled.at(-1) ?? 0) ^ 1;
    const other = buildId.replace('0', '1');
    await fails('host-live-untrusted', 'live-install', [buildId], spoiled);
    for (const namespace of ['live-plan@tearless', 'live-signers@tearless'])
      await fails(
        'host-live-untrusted',
        'live-install',
        [buildId],
        await building(program, 'first', [buildId], namespace),
      );
    await fails('host-content-refused', 'live-install', [other], await building(program, 'first', [other]));
    await fails('host-content-refused', 'live-install', [buildId], await building('text', 'first'));
    await fails('host-request-bad', 'live-install', ['../../etc'], right);
    await say('live-install', [buildId], right);
    assert.deepEqual(await readFile(join(place.root, path)), Buffer.from(program));
    assert.equal((await stat(join(place.root, path))).mode & 0o777, 0o755);
    await fails('host-state-changed', 'live-install', [buildId], right);
  });

  test('takes the place of one that was cut off half way', async () => {
    const half = join(place.root, path, '../.new.1');
    await writeFile(half, 'half');
    await say('live-install', [buildId], await building(program, 'first'));
    await assert.rejects(stat(half));
    assert.deepEqual(await readFile(join(place.root, path)), Buffer.from(program));
  });

  test('is put nowhere else than it was signed for, and not without a word of this host’s', async () => {
    const unanswered = signed(program, 'first', 'live-build@tearless');
    await fails('host-live-untrusted', 'live-install', [buildId], unanswered);
    // A build is no injector, which root runs.
    await fails('host-live-untrusted', 'live-install', ['injector'], await building(program, 'first'));
    const elsewhere = Buffer.concat([
      Buffer.from(`${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)} live-install ${buildId}\n`),
      program,
    ]);
    await fails('host-state-changed', 'live-install', [buildId], signed(elsewhere, 'first', 'live-build@tearless'));
    const late = await building(program, 'first');
    const words = join(place.root, 'var/lib/tearless/live/words');
    const [, word = ''] = /END SSH SIGNATURE-----\n(\S+) /.exec(Buffer.from(late).toString('latin1')) ?? [];
    const hourAgo = new Date(Date.now() - 61 * 60_000);
    await utimes(join(words, word), hourAgo, hourAgo);
    await fails('host-state-changed', 'live-install', [buildId], late);
    await say('live-word');
    assert.equal((await readdir(words)).includes(word), false, 'words of old are gone');
  });

  test('is started by a drop-in that is the unit’s own lines with another program', async () => {
    await fails('host-not-found', 'live-use', ['a', 'ff'.repeat(20)]);
    await say('live-use', ['a', buildId]);
    const dropIn = join(place.root, 'etc/systemd/system/tor@a.service.d/90-tearless-live.conf');
    const text = await readFile(dropIn, 'utf8');
    assert.deepEqual(text.split('\n').slice(1), [
      '[Service]',
      'ExecStartPre=',
      'ExecStartPre=/usr/bin/install -d /run/tor-instances/%i',
      `ExecStartPre=+${path} --defaults-torrc /run/%i.defaults    --verify-config`,
      'ExecStart=',
      `ExecStart=${path} --defaults-torrc /run/%i.defaults -f /etc/tor/instances/%i/torrc`,
      '',
    ]);
    assert.equal((await say('live-used', ['a'])).trim(), buildId);
    // What stands there already is not taken for the unit's own.
    await writeFile(
      join(place.root, 'run/unit'),
      `${unit}\n# /etc/systemd/system/tor@a.service.d/90-tearless-live.conf\n${text}`,
    );
    await say('live-use', ['a', buildId]);
    assert.equal(await readFile(dropIn, 'utf8'), text);
    await fails('host-state-changed', 'live-uninstall', [buildId]);
    await say('live-use', ['a', '-']);
    assert.equal((await say('live-used', ['a'])).trim(), '');
    await assert.rejects(stat(dropIn));
    // One that was killed while it wrote left this.
    await writeFile(join(place.root, path, '../.new.1'), 'half');
    await say('live-uninstall', [buildId]);
    await assert.rejects(stat(join(place.root, path)));
  });

  test('is not started in the place of something else', async () => {
    await say('live-install', [buildId], await building(program, 'first'));
    for (const other of [
      unit.replace('ExecStart=/usr/bin/tor', 'ExecStart=/usr/bin/other'),
      unit.replace('\nNoNew', '\nExecStart=/usr/bin/tor -f x\nNoNew'),
      unit.replace('Type=simple', 'ExecStart='),
    ]) {
      await writeFile(join(place.root, 'run/unit'), other);
      await fails('host-state-changed', 'live-use', ['a', buildId]);
    }
    assert.equal((await say('live-used', ['a'])).trim(), '');
  });
});

describe('what is kept of a process', () => {
  let name: string[];
  before(async () => {
    const start = (await readFile(`/proc/${process.pid}/stat`, 'latin1')).replace(/^.*\) /, '').split(' ')[19] ?? '';
    name = [String(process.pid), start];
  });
  const keeping = (content: string, key = 'first', args = name): Promise<Uint8Array> =>
    answering('live-record-put', args, content, key, 'live-plan@tearless');

  test('is written by those alone who may sign, since plans are made of it', async () => {
    for (const unsigned of ['{"a":0}', '']) await fails('host-request-bad', 'live-record-put', name, unsigned);
    await fails('host-live-untrusted', 'live-record-put', name, '0\n{"a":0}');
    await fails('host-live-untrusted', 'live-record-put', name, signed('{"a":0}', 'first', 'live-plan@tearless'));
    await fails('host-live-untrusted', 'live-record-put', name, await keeping('{"a":0}', 'stranger'));
    const plan = await answering('live-inject', name, '{"a":0}', 'first', 'live-plan@tearless');
    await fails('host-live-untrusted', 'live-record-put', name, plan);
    assert.equal(await say('live-record-show', name), '');
  });

  test('is not what it was once more because somebody has kept what was signed then', async () => {
    const former = await keeping('{"a":1}');
    await say('live-record-put', name, former);
    await say('live-record-put', name, await keeping('{"a":2}'));
    await fails('host-state-changed', 'live-record-put', name, former);
    assert.equal(await say('live-record-show', name), '{"a":2}');
  });

  test('stays where the host cannot tell whether it still runs', async () => {
    const cut = join(place.root, 'usr/bin/cut');
    await writeFile(cut, '#!/bin/sh\nexit 1\n');
    await chmod(cut, 0o755);
    try {
      assert.equal(await say('live-record-show', name), '{"a":2}');
    } finally {
      await rm(cut);
    }
  });

  test('goes with it', async () => {
    const others = [String(process.pid), `${name[1]}1`];
    await fails('host-state-changed', 'live-record-put', others, await keeping('{}', 'first', others));
    const other = join(place.root, 'var/lib/tearless/live', `process.${process.pid}.1.json`);
    await writeFile(other, '{}');
    assert.equal(await say('live-record-show', name), '{"a":2}');
    await assert.rejects(stat(other));
  });
});
