import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInDirectory } from './harness.ts';

const empty = 'version: 1\nfleet: demo\nhosts: { h1: { address: 127.0.0.1, port: 1 } }\nrelays: []\n';

describe('tearless adopt', () => {
  it('needs a host, from the command line or the configuration', async () => {
    const none = await runInDirectory(['adopt']);
    assert.equal(none.exitCode, 64);
    assert.match(none.stderr, /no host is named and there is no configuration/);
    const hostless = await runInDirectory(['adopt'], {
      'tearless.yaml': 'version: 1\nfleet: f\nhosts: {}\nrelays: []\n',
    });
    assert.equal(hostless.exitCode, 64);
    assert.match(hostless.stderr, /declares no host/);
  });

  it('writes nothing when a host does not answer', async () => {
    for (const words of [['--write'], ['--out', 'new.yaml'], []]) {
      const { exitCode, stdout, stderr, files } = await runInDirectory(['adopt', ...words], { 'tearless.yaml': empty });
      assert.equal(exitCode, 4);
      assert.equal(stdout, '');
      assert.match(stderr, /adopt-unreachable.*h1 did not answer: nothing was written/);
      assert.deepEqual(files, { 'tearless.yaml': empty });
    }
  });

  it('reads hosts of the command line without a configuration', async () => {
    const { exitCode, stderr } = await runInDirectory([
      'adopt',
      'h7',
      '--address',
      'h7=127.0.0.1',
      '--port',
      '1',
      '--user',
      'root',
      '--json',
    ]);
    assert.deepEqual([exitCode, stderr], [4, '']);
  });

  it('leaves a configuration that declares relays', async () => {
    const declared = empty.replace('relays: []', 'relays: [h1/a]');
    const { exitCode, stderr, files } = await runInDirectory(['adopt', '--write'], { 'tearless.yaml': declared });
    assert.equal(exitCode, 5);
    assert.match(stderr, /declares 1 relays already/);
    assert.equal(files['tearless.yaml'], declared);
  });

  const wrong: [string[], RegExp][] = [
    [['h1', '--write', '--out', 'x'], /two places/],
    [['h1', 'h2', '--address', '10.0.0.1'], /says not of which host/],
    [['h1', '--address', 'h2=10.0.0.1'], /says not of which host/],
    [['h1', '--port', '70000'], /is no port/],
    [['h 1'], /invalid|name/i],
    [['h1', '--fleet', '-x y'], /cannot be named/],
  ];
  for (const [words, expected] of wrong)
    it(`refuses '${words.join(' ')}'`, async () => {
      const { exitCode, stderr } = await runInDirectory(['adopt', ...words]);
      assert.equal(exitCode, 64, stderr);
      assert.match(stderr, expected);
    });
});
