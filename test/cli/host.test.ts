import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type PrivateSshd,
  sshdUnavailable,
  startPrivateSshd,
} from '../../packages/tearless/src/host/testing/private-sshd.ts';
import { runInDirectory } from './harness.ts';

const empty = 'version: 1\nfleet: demo\nhosts: {}\nrelays: []\n';
const down = 'version: 1\nfleet: demo\nhosts: { h1: { address: 127.0.0.1, port: 1 } }\nrelays: [h1/a]\n';

describe('host commands', () => {
  it('host ls shows a host that does not answer and ends with 4', async () => {
    const { exitCode, stdout, stderr } = await runInDirectory(['host', 'ls'], { 'tearless.yaml': down });
    assert.equal(exitCode, 4);
    assert.match(stdout, /^h1 +127\.0\.0\.1 port 1 +tearless +no answer/m);
    assert.match(stderr, /no answer ssh-unreachable h1: .*refused/);
  });

  it('host check names the check that failed, what mends it, and ends with 4', async () => {
    const { exitCode, stdout } = await runInDirectory(['host', 'check', 'h1', '--json'], { 'tearless.yaml': down });
    assert.equal(exitCode, 4);
    const { schema, checks } = JSON.parse(stdout);
    assert.equal(schema, 'tearless.host-check/v1');
    assert.equal(checks[0].name, 'reach');
    assert.equal(checks[0].outcome, 'problem');
    assert.match(checks[0].hint, /check that it is up/);
    assert.ok(checks.slice(1).every(({ outcome }: { outcome: string }) => outcome === 'skipped'));
  });

  it('host check refuses a host that is not declared', async () => {
    const { exitCode, stderr } = await runInDirectory(['host', 'check', 'h2'], { 'tearless.yaml': down });
    assert.equal(exitCode, 64);
    assert.match(stderr, /there is no host 'h2'.*[\s\S]*did you mean 'h1'/);
  });

  it('host add needs a configuration to declare the host in', async () => {
    const { exitCode, stderr } = await runInDirectory(['host', 'add', 'h1']);
    assert.equal(exitCode, 64);
    assert.match(stderr, /tearless init/);
  });

  it('host remove leaves a host on which relays are declared', async () => {
    const { exitCode, stderr, files } = await runInDirectory(['host', 'remove', 'h1', '--yes'], {
      'tearless.yaml': down,
    });
    assert.equal(exitCode, 5);
    assert.match(stderr, /declares 1 relays on h1/);
    assert.deepEqual(files, { 'tearless.yaml': down });
  });

  it('host remove --forget undeclares a host that is gone', async () => {
    const text = down.replace('[h1/a]', '[]');
    const { exitCode, files } = await runInDirectory(['host', 'remove', 'h1', '--forget', '--yes'], {
      'tearless.yaml': text,
    });
    assert.equal(exitCode, 0);
    assert.equal(files['tearless.yaml'], 'version: 1\nfleet: demo\nhosts: {}\nrelays: []\n');
  });

  describe('with a host whose key nobody knows', { skip: sshdUnavailable() ?? false }, () => {
    let sshd: PrivateSshd;
    before(async () => {
      sshd = await startPrivateSshd();
    });
    after(() => sshd[Symbol.asyncDispose]());

    const add = (...words: string[]) =>
      runInDirectory(
        ['host', 'add', 'h1', '--address', '127.0.0.1', '--port', String(sshd.port), ...words],
        { 'tearless.yaml': empty },
        { PATH: '/usr/bin:/bin' },
      );

    for (const words of [['--yes'], ['--json'], []])
      it(`host add ${words.join(' ')} shows the fingerprint and changes nothing`, async () => {
        const { exitCode, stdout, stderr, files } = await add(...words);
        assert.equal(exitCode, 5);
        assert.match(stdout + stderr, /SHA256:[A-Za-z0-9+/]{43}/);
        assert.deepEqual(files, { 'tearless.yaml': empty });
      });

    it('host add refuses a key that is not the one it was told to expect', async () => {
      const { exitCode, stderr, files } = await add('--host-key', `SHA256:${'x'.repeat(43)}`, '--yes');
      assert.equal(exitCode, 5);
      assert.match(stderr, /host-key-mismatch.*h1 shows the key SHA256:/);
      assert.deepEqual(files, { 'tearless.yaml': empty });
    });
  });
});
