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

describe('collect', () => {
  it('records a gap for a host that does not answer, says so, and ends with 4', async () => {
    const { exitCode, stdout, files: left } = await runInDirectory(['collect', '--json'], files);
    assert.equal(exitCode, 4);
    const value = JSON.parse(stdout);
    assert.equal(value.schema, 'tearless.collection/v1');
    assert.deepEqual([value.fleet, value.collections, value.hosts], ['demo', ['demo'], []]);
    assert.deepEqual([value.gaps[0].host, value.gaps[0].code], ['h1', 'ssh-unreachable']);
    assert.ok(Object.keys(left).includes('.local/state/tearless/state.db'));
  });

  for (const [words, said] of [
    [['--every', '7d'], /--every 7d is no interval from 1s to 24h/],
    [['--every', '0s'], /--every 0s is no interval/],
    [['--once', '--every', '5m'], /say different things/],
    [['--install-timer', '--remove-timer'], /say different things/],
    [['dmeo'], /there is no experiment 'dmeo'[\s\S]*did you mean 'demo'/],
    [['--limit', 'h2/*'], /matches none of the 2 relays/],
    [['--install-timer', '--every', '7m', '--yes'], /divides a minute, an hour or a day/],
  ] as const)
    it(`refuses ${words.join(' ')}`, async () => {
      const { exitCode, stderr } = await runInDirectory(['collect', ...words], files);
      assert.equal(exitCode, 64);
      assert.match(stderr, said);
    });

  it('shows the units of a timer and writes none when nobody can be asked', async () => {
    const { exitCode, stderr } = await runInDirectory(['collect', '--install-timer'], files);
    assert.equal(exitCode, 5);
    assert.match(stderr, /\+ \/.*\/tearless-collect-demo\.timer/);
    assert.match(stderr, /OnCalendar=\*-\*-\* \*:00\/5:00 UTC/);
    assert.match(stderr, /ExecStart=".*main\.ts" "collect" "--config" ".*\/tearless\.yaml"/);
    assert.match(stderr, /run it at a terminal, or say --yes/);
  });
});
