import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInDirectory } from './harness.ts';

// Nothing listens on port 1: the host is declared and does not answer.
const files = {
  'tearless.yaml': `version: 1
fleet: demo
hosts: { h1: { address: 127.0.0.1, port: 1 } }
relays: [h1/a, h1/b]
`,
};

describe('relay commands', () => {
  for (const verb of ['ls', 'status', 'summary'])
    it(`relay ${verb} names a host that does not answer, what to do, and ends with 4`, async () => {
      const { exitCode, stdout, stderr } = await runInDirectory(['relay', verb], files);
      assert.equal(exitCode, 4);
      assert.match(stdout, /unreachable/);
      assert.match(stdout + stderr, /no answer ssh-unreachable h1: .*Connection refused[\s\S]*do check that it is up/);
    });

  it('relay status gives the same as JSON, with a finding for each relay', async () => {
    const { exitCode, stdout } = await runInDirectory(['relay', 'status', '--json', '--limit', 'b'], files);
    const value = JSON.parse(stdout);
    assert.equal(exitCode, 4);
    assert.equal(value.schema, 'tearless.relay-status/v1');
    assert.deepEqual(
      value.relays.map(({ id, state }: { id: string; state: string }) => [id, state]),
      [['h1/b', 'unreachable']],
    );
    assert.equal(value.relays[0].findings[0].code, 'relays-unreachable');
    assert.equal(value.unreachable[0].host, 'h1');
  });

  it('refuse a limit that matches no relay, and say what was meant', async () => {
    const meant = [
      ['h2/*', undefined],
      ['h1', 'host=h1'],
      ['h1/bb', 'h1/b'],
    ] as const;
    for (const [limit, suggestion] of meant) {
      const { exitCode, stderr } = await runInDirectory(['relay', 'ls', '--limit', limit], files);
      assert.equal(exitCode, 64);
      assert.match(stderr, /matches none of the 2 relays/);
      assert.equal(/did you mean --limit (\S+)\?/.exec(stderr)?.[1], suggestion, stderr);
    }
  });
});
