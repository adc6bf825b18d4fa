// Hosts over the system's OpenSSH, against an sshd of our own on loopback.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { renderHelper } from 'tearless/host/helper/render-helper.ts';
import { HostError } from 'tearless/host/host-error.ts';
import { RemoteHost } from 'tearless/host/remote-host.ts';
import type { SshDestination } from 'tearless/host/ssh/destination.ts';
import { SshTransport } from 'tearless/host/ssh/ssh-transport.ts';
import { describeHost } from 'tearless/host/testing/host-contract.ts';
import { ownPlace } from 'tearless/host/testing/own-place.ts';
import {
  makeStrangersKey,
  type PrivateSshd,
  sshdUnavailable,
  startPrivateSshd,
} from 'tearless/host/testing/private-sshd.ts';

const unavailable = sshdUnavailable();
const helper = renderHelper({ factsScript: ':' });

describeHost(
  'a host over ssh',
  async () => {
    const place = await ownPlace();
    const sshd = await startPrivateSshd();
    const host = new RemoteHost({
      transport: new SshTransport('there', sshd.destination),
      helper: renderHelper({ factsScript: ':', place }),
      carryHelper: true,
    });
    return {
      host,
      owner: place.owner,
      group: place.group,
      link: place.link,
      port: { host: '127.0.0.1', port: sshd.port, greeting: 'SSH-2.0-' },
      [Symbol.asyncDispose]: async () => {
        await host.close();
        await sshd[Symbol.asyncDispose]();
        await place[Symbol.asyncDispose]();
      },
    };
  },
  unavailable,
);

describe('the connection to a host', unavailable === undefined ? {} : { skip: unavailable }, () => {
  let sshd: PrivateSshd;
  let stranger: string;
  before(async () => {
    sshd = await startPrivateSshd();
    stranger = makeStrangersKey(sshd.directory);
  });
  after(async () => {
    await sshd[Symbol.asyncDispose]();
  });

  const reach = (change: Partial<SshDestination> = {}): RemoteHost =>
    new RemoteHost({ transport: new SshTransport('there', { ...sshd.destination, ...change }), helper });

  const refused = async (host: RemoteHost, code: string): Promise<HostError> => {
    const error = await host.run('true').then(
      () => assert.fail('it was let in'),
      (reason: unknown) => reason,
    );
    await host.close();
    if (!(error instanceof HostError)) throw error;
    assert.equal(error.code, code, error.message);
    assert.notEqual(error.hint, undefined);
    assert.equal(error.subject, 'there');
    return error;
  };

  test('a host where nothing listens is unreachable and worth another try', async () => {
    const error = await refused(reach({ port: 1 }), 'ssh-unreachable');
    assert.deepEqual([error.kind, error.retryable], ['unreachable', true]);
  });

  test('a name that nobody knows is said to be one', async () => {
    assert.equal((await refused(reach({ host: 'nosuchhost.invalid' }), 'ssh-name-unknown')).kind, 'unreachable');
  });

  test('a host that refuses our key is told apart', async () => {
    assert.equal((await refused(reach({ identityFile: stranger }), 'ssh-key-refused')).kind, 'denied');
  });

  test('a host whose key is not known is not talked to', async () => {
    await refused(reach({ knownHostsFile: '/dev/null' }), 'ssh-host-key-unknown');
  });

  test('a host with another key than the known one is not talked to', async () => {
    const other = await readFile(`${stranger}.pub`, 'utf8');
    const knownHostsFile = `${sshd.directory}/known_hosts.other`;
    await writeFile(knownHostsFile, `[127.0.0.1]:${sshd.port} ${other.split(' ').slice(0, 2).join(' ')}\n`);
    const error = await refused(reach({ knownHostsFile }), 'ssh-host-key-changed');
    assert.equal(error.retryable, false);
  });

  test('an ssh configuration that ssh does not take is named', async () => {
    const configFile = `${sshd.directory}/bad_config`;
    await writeFile(configFile, 'NoSuchOption yes\n');
    const error = await refused(reach({ configFile }), 'ssh-config-bad');
    assert.match(error.message, /bad_config/);
  });

  test('an ssh configuration leads to the host but cannot loosen the check of its key', async () => {
    const configFile = `${sshd.directory}/config`;
    const { port, user, identityFile } = sshd.destination;
    await writeFile(
      configFile,
      `Host alias\n  HostName 127.0.0.1\n  Port ${port}\n  User ${user}\n  IdentityFile ${identityFile}\n  StrictHostKeyChecking no\n` +
        '  UserKnownHostsFile /dev/null\n  RemoteCommand echo no\n  RequestTTY force\n  ForkAfterAuthentication yes\n',
    );
    const transport = new SshTransport('there', { host: 'alias', configFile });
    await refused(new RemoteHost({ transport, helper }), 'ssh-host-key-unknown');
    const pinned = { host: 'alias', configFile, knownHostsFile: sshd.destination.knownHostsFile };
    const host = new RemoteHost({ transport: new SshTransport('there', pinned), helper });
    assert.equal((await host.run('exit 7')).exitCode, 7);
    await host.close();
  });

  test('a connection that is cut in the middle of a call is an error worth another try, which connects anew', async () => {
    const host = reach();
    const begun = `${sshd.directory}/begun`;
    const call = host.run(': >"$1"; sleep 1000', { args: [begun] }).then(
      () => assert.fail('it ended well'),
      (error: unknown) => error,
    );
    await waitFor(() => existsSync(begun), { what: 'the call to begin', timeoutMs: 180_000 });
    await sshd.cut();
    const error = await call;
    assert.ok(error instanceof HostError);
    assert.deepEqual([error.code, error.kind, error.retryable], ['ssh-connection-lost', 'unreachable', true]);
    assert.equal((await host.run('exit 8')).exitCode, 8);
    await host.close();
  });

  test('a host whose key changes is refused from the next connection on', async () => {
    await using own = await startPrivateSshd();
    const host = new RemoteHost({ transport: new SshTransport('there', own.destination), helper });
    await host.run('true');
    await own.changeHostKey();
    await own.cut();
    await host.close();
    await refused(host, 'ssh-host-key-changed');
  });

  test('many calls and streams share one connection', async () => {
    // Those of tests before may not have ended yet.
    await sshd.idle();
    const host = reach();
    await Promise.all(Array.from({ length: 12 }, () => host.run('sleep 0.1')));
    const stream = await host.open({ kind: 'tcp', host: '127.0.0.1', port: sshd.port });
    await once(stream, 'data');
    // One for the host, and one that the stream just made by going to sshd itself.
    assert.equal((await sshd.connections()).length, 2);
    stream.destroy();
    await host.close();
  });

  test('an sshd that grants few sessions is asked again until there is one', async () => {
    await using narrow = await startPrivateSshd(['MaxSessions 3']);
    const host = new RemoteHost({ transport: new SshTransport('there', narrow.destination), helper });
    const results = await Promise.all(Array.from({ length: 10 }, (_, index) => host.run(`exit ${index}`)));
    assert.deepEqual(
      results.map(({ exitCode }) => exitCode),
      [...results.keys()],
    );
    await host.close();
  });

  test('a shell that someone ends is an error worth another try, and is replaced', async () => {
    const host = reach();
    await host.run('true');
    const error = await host.run('kill -s KILL $$').then(
      () => assert.fail('it ended well'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof HostError);
    assert.deepEqual([error.code, error.retryable], ['host-shell-lost', true]);
    assert.equal((await host.run('exit 9')).exitCode, 9);
    await host.close();
  });

  test('a closed host leaves no connection and no socket', async () => {
    const host = reach();
    await host.run('true');
    await host.close();
    await sshd.idle();
  });

  test('a process that is killed leaves no connection behind', async () => {
    await sshd.idle();
    const script = `
      import { SshTransport } from 'tearless/host/ssh/ssh-transport.ts';
      const transport = new SshTransport('there', ${JSON.stringify(sshd.destination)});
      console.log(JSON.stringify(await transport.login()));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: new URL('.', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    assert.equal((await sshd.connections()).length, 1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await sshd.idle();
  });

  test('a process that forgets to close its hosts ends all the same', async () => {
    const script = `
      import { SshTransport } from 'tearless/host/ssh/ssh-transport.ts';
      await new SshTransport('there', ${JSON.stringify(sshd.destination)}).login();`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: new URL('.', import.meta.url),
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    await sshd.idle();
  });

  test('a login whose shell talks before any command is named as the cause', async () => {
    const key = await readFile(`${sshd.directory}/id.pub`, 'utf8');
    const authorized = `${sshd.directory}/authorized_keys`;
    try {
      await writeFile(authorized, `command="echo welcome; eval $SSH_ORIGINAL_COMMAND" ${key}`);
      assert.match((await refused(reach(), 'ssh-login-noisy')).message, /welcome/);
      await writeFile(authorized, `command="echo This account is not available.; exit 1" ${key}`);
      await refused(reach(), 'ssh-login-noisy');
      await writeFile(authorized, `command="echo not available >&2; exit 1" ${key}`);
      assert.match((await refused(reach(), 'ssh-login-refused')).message, /not available/);
    } finally {
      await writeFile(authorized, key);
    }
  });

  test('a call that is aborted while the connection is made ends at once', async () => {
    const host = reach();
    const controller = new AbortController();
    const call = host.run('true', { signal: controller.signal });
    controller.abort();
    await assert.rejects(call, (error) => error instanceof HostError && error.code === 'host-interrupted');
    await host.close();
  });
});
