// How every Host behaves, whatever it stands on. Each implementation runs these tests against the real thing.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { FileAttributes, Host } from '../host.ts';
import { HostError, keptLines } from '../host-error.ts';

export interface ContractSubject extends AsyncDisposable {
  readonly host: Host;
  /** Who owns what root owns. */
  readonly owner: string;
  readonly group: string;
  /** A symbolic link on the host, under a library directory. */
  readonly link: { readonly path: string; readonly target: string };
  /** A port that greets with these bytes, as the host sees it. */
  readonly port: { readonly host: string; readonly port: number; readonly greeting: string };
}

const big = 20 * 1024 * 1024;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const fails = async (action: Promise<unknown>, code: string): Promise<HostError> => {
  const error = await action.then(
    () => assert.fail(`expected ${code}, but it succeeded`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HostError)) throw error;
  assert.equal(error.code, code, error.message);
  return error;
};

const dropIns = '/etc/systemd/system/tor@contract.service.d';
const dropIn = `${dropIns}/50-contract.conf`;
const harmless = '# by a test\n[Service]\nEnvironment="MALLOC_ARENA_MAX=2"\n';
const stateFile = '/var/lib/tearless/files/contract';
const nothingThere = 65535;

/** @param setUp makes the host; its end removes everything that the tests left on it. */
export const describeHost = (name: string, setUp: () => Promise<ContractSubject>, skip?: string): void => {
  describe(`${name} behaves as a host`, { ...(skip === undefined ? {} : { skip }) }, () => {
    let subject: ContractSubject;
    let host: Host;
    let plain: FileAttributes;
    let own: FileAttributes;
    before(async () => {
      subject = await setUp();
      host = subject.host;
      plain = { mode: 0o644, owner: subject.owner, group: subject.group };
      own = { ...plain, mode: 0o600 };
    });
    after(async () => {
      await subject[Symbol.asyncDispose]();
    });

    test('a script finds its arguments unchanged, whatever they hold', async () => {
      const args = [
        'a b',
        "it's",
        '"quoted"',
        '-n',
        '--',
        '',
        '$(id)',
        '`id`',
        '*',
        '\\n',
        'ü 雪 😀',
        ' padded ',
        '\t',
      ];
      const { stdout } = await host.run('printf "%s\\0" "$@"', { args });
      assert.deepEqual(text(stdout).split('\0').slice(0, -1), args);
    });

    test('a script’s exit status, output and errors are told apart', async () => {
      const result = await host.run('cat; echo words >&2; exit 3', { input: 'payload' });
      assert.deepEqual([result.exitCode, text(result.stdout), result.stderr], [3, 'payload', 'words\n']);
      assert.equal((await host.run('exit 255')).exitCode, 255);
    });

    test('an argument with a newline or a NUL is refused', async () => {
      await fails(host.run('true', { args: ['a\nb'] }), 'host-argument-bad');
      await fails(host.call('stat', { args: ['/etc/tor\0'] }), 'host-argument-bad');
    });

    test('20 MB go there and come back unchanged', async () => {
      const input = randomBytes(big);
      const { stdout } = await host.run('cat', { input });
      assert.equal(sha256(stdout), sha256(input));
    });

    test('input that a script does not read is no fault', async () => {
      assert.equal((await host.run('exit 4', { input: randomBytes(big) })).exitCode, 4);
    });

    test('twenty calls at once each get their own answer', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const { stdout } = await host.run('echo "$1"', { args: [String(index)] });
          return Number(text(stdout));
        }),
      );
      assert.deepEqual(answers, [...answers.keys()]);
    });

    test('calls of both kinds at once do not keep each other from ending', async () => {
      const scripts = Array.from({ length: 12 }, (_, index) => host.run(`exit ${index}`));
      const calls = Array.from({ length: 12 }, () => host.stat('/etc/tor'));
      assert.deepEqual(
        (await Promise.all(scripts)).map(({ exitCode }) => exitCode),
        [...scripts.keys()],
      );
      for (const entry of await Promise.all(calls)) assert.equal(entry?.type, 'directory');
    });

    test('a script sees nothing that an earlier one set', async () => {
      await Promise.all(
        Array.from({ length: 4 }, () => host.run('cd /; leftover=1; umask 000; set -- a b; trap "" TERM')),
      );
      const { stdout } = await host.run('echo "[$leftover] $(umask) $#"; pwd');
      assert.match(text(stdout), /^\[\] 0?0[027][27] 0\n\/./);
    });

    test('an aborted script does not go on', { timeout: 10 * 60_000 }, async () => {
      // Seconds that nobody else sleeps.
      const seconds = String(100_000 + Math.floor(Math.random() * 800_000));
      const sleepers = async (): Promise<number> => {
        const { stdout } = await host.run('grep -lazx "$1" /proc/[0-9]*/cmdline 2>/dev/null', { args: [seconds] });
        return text(stdout).split('\n').length - 1;
      };
      const controller = new AbortController();
      const call = assert.rejects(host.run('sleep "$1"; :', { args: [seconds], signal: controller.signal }), HostError);
      while ((await sleepers()) === 0);
      controller.abort();
      await call;
      while ((await sleepers()) > 0);
    });

    test('an aborted call ends at once, and the host can be used on', async () => {
      const controller = new AbortController();
      const call = host.run('sleep 60', { signal: controller.signal });
      setTimeout(() => controller.abort(new Error('enough')), 50);
      const error = await fails(call, 'host-interrupted');
      assert.equal(error.kind, 'interrupted');
      assert.equal((await host.run('exit 5')).exitCode, 5);
    });

    test('a call with an aborted signal is not made', async () => {
      await fails(host.run('exit 0', { signal: AbortSignal.abort() }), 'host-interrupted');
    });

    test('a call that takes too long is ended with what it said so far', async () => {
      // A machine that does much else may not even have begun by then: it is given more.
      for (let timeoutMs = 1000; ; timeoutMs *= 4) {
        const error = await fails(host.run('echo began >&2; exec sleep 1000', { timeoutMs }), 'host-timeout');
        assert.equal(error.kind, 'timeout');
        assert.equal(error.retryable, true);
        if (error.lines.length === 0 && timeoutMs < 60_000) continue;
        assert.deepEqual(error.lines, ['began']);
        break;
      }
    });

    test('a failed call tells its exit status and last words', async () => {
      const error = await fails(host.call('read', { args: ['/etc/tor/no/such'] }), 'host-not-found');
      assert.equal(error.exitCode, 66);
      assert.match(error.lines.at(-1) ?? '', /does not exist/);
      assert.ok(error.lines.length <= keptLines);
    });

    test('an unknown verb and wrong arguments are refused', async () => {
      await fails(host.call('sh', { args: ['id'] }), 'host-verb-unknown');
      await fails(host.call('stat', { args: [] }), 'host-request-bad');
    });

    test('nothing is at a path until it is written, then it is as asked for', async () => {
      assert.equal(await host.stat(dropIn), undefined);
      await host.write(dropIn, harmless, plain);
      assert.deepEqual(await host.stat(dropIn), {
        type: 'file',
        path: dropIn,
        sizeBytes: harmless.length,
        sha256: sha256(Buffer.from(harmless)),
        ...plain,
      });
      assert.equal(text(await host.read(dropIn)), harmless);
      assert.deepEqual(await host.stat(dropIns), { type: 'directory', path: dropIns, ...plain, mode: 0o755 });
      assert.deepEqual(
        (await host.list(dropIns)).map(({ path }) => path),
        [dropIn],
      );
      await host.remove(dropIn);
      assert.equal(await host.stat(dropIn), undefined);
      await host.removeEmptyDirectory(dropIns);
      assert.equal(await host.stat(dropIns), undefined);
    });

    test('removing what is not there is fine, listing and reading it is not', async () => {
      await host.remove(dropIn);
      await host.removeEmptyDirectory(dropIns);
      await fails(host.list(dropIns), 'host-not-found');
      await fails(host.read(dropIn), 'host-not-found');
    });

    test('a directory that is not empty stays', async () => {
      await host.write(dropIn, harmless, plain);
      await fails(host.removeEmptyDirectory(dropIns), 'host-state-changed');
      await host.remove(dropIn);
      await host.removeEmptyDirectory(dropIns);
    });

    test('20 MB of any bytes are written and read unchanged', async () => {
      const content = randomBytes(big);
      await host.write(stateFile, content, own);
      const entry = await host.stat(stateFile);
      assert.equal(entry?.type === 'file' && entry.sha256, sha256(content));
      assert.equal(sha256(await host.read(stateFile)), sha256(content));
      await host.remove(stateFile);
    });

    test('a reader sees the old content or the new, and two writers one of theirs', async () => {
      const contents = ['a', 'b', 'c'].map((letter) => letter.repeat(100_000));
      await host.write(stateFile, contents[0] ?? '', own);
      const seen = await Promise.all([
        ...contents.map(async (content) => {
          await host.write(stateFile, content, own);
          return content;
        }),
        ...Array.from({ length: 6 }, async () => text(await host.read(stateFile))),
      ]);
      for (const content of [...seen, text(await host.read(stateFile))]) assert.ok(contents.includes(content));
      assert.deepEqual(
        (await host.list('/var/lib/tearless/files')).map(({ path }) => path),
        [stateFile],
      );
      await host.remove(stateFile);
      await host.removeEmptyDirectory('/var/lib/tearless/files');
    });

    test('a new mode replaces the old one with the content', async () => {
      await host.write(dropIn, harmless, plain);
      await host.write(dropIn, harmless, { ...plain, mode: 0o640 });
      assert.equal((await host.stat(dropIn))?.mode, 0o640);
      await host.remove(dropIn);
      await host.removeEmptyDirectory(dropIns);
    });

    test('a link is seen as itself', async () => {
      const entry = await host.stat(subject.link.path);
      assert.equal(entry?.type === 'link' && entry.target, subject.link.target);
    });

    test('a path outside the helper’s business is refused', async () => {
      for (const path of [
        '/etc/shadow',
        '/etc/tor/../shadow',
        '/etc/tor//torrc',
        'etc/tor',
        '/',
        '/root/.ssh/id',
        '',
      ]) {
        await fails(host.read(path), 'host-path-refused');
        await fails(host.write(path, 'x', plain), 'host-path-refused');
        await fails(host.remove(path), 'host-path-refused');
      }
    });

    test('a stream carries what the port says', async () => {
      const stream = await host.open({ kind: 'tcp', host: subject.port.host, port: subject.port.port });
      const [first] = await once(stream, 'data');
      assert.ok(Buffer.isBuffer(first));
      assert.equal(first.toString().slice(0, subject.port.greeting.length), subject.port.greeting);
      stream.destroy();
    });

    test('a port that nobody listens on is an error of the stream', async () => {
      const error = await host
        .open({ kind: 'tcp', host: '127.0.0.1', port: nothingThere })
        .then((stream) => once(stream, 'close'))
        .then(
          () => assert.fail('the stream ended well'),
          (reason: unknown) => reason,
        );
      assert.ok(error instanceof HostError);
      assert.equal(error.code, 'host-port-unreachable');
    });

    test('a host that was closed can be used again', async () => {
      await host.close();
      assert.equal((await host.run('exit 6')).exitCode, 6);
    });

    test('closing ends what runs', async () => {
      const call = assert.rejects(host.run('echo ready; exec sleep 60'), HostError);
      await host.run('true');
      await host.close();
      await call;
    });
  });
};
