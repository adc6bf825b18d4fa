import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../testing/fake-host.ts';
import { verifyConfigStep } from './verify-config.ts';

const params = { instance: 'a' };
const hostThatSays = (exitCode: number, stdout: string): FakeHost => {
  const host = new FakeHost();
  host.onRun = (_script, args) => {
    assert.deepEqual(args, ['/run/tor-instances/a.defaults', '/etc/tor/instances/a/torrc']);
    return { exitCode, stdout: Buffer.from(stdout) };
  };
  return host;
};

// recorded from tor 0.4.9.11 --hush --verify-config
const refusal = `Nov 20 23:31:32.161 [warn] Failed to parse/validate config: BandwidthRate is set to 1 bytes/second. For servers, it must be at least 76800.
Nov 20 23:31:32.161 [err] Reading config failed--see warnings above.
`;

test('a torrc that tor refuses is refused with its own words', async () => {
  const { context } = hostThatSays(1, refusal);
  await assert.rejects(async () => verifyConfigStep.verify(context, params, null), {
    code: 'daemon-torrc-refused',
    kind: 'refused',
    message:
      'tor on h1 refuses /etc/tor/instances/a/torrc: Failed to parse/validate config: BandwidthRate is set to 1 bytes/second. For servers, it must be at least 76800.',
  });
});

test('warnings of a torrc that holds are kept as evidence', async () => {
  const { context } = hostThatSays(0, 'Nov 20 23:31:32.225 [warn] Your ContactInfo config option is not set.\n');
  assert.deepEqual(await verifyConfigStep.verify(context, params, null), {
    verified: true,
    warnings: ['Your ContactInfo config option is not set.'],
  });
});

test('a torrc that the login user may not read counts as not verified, not as right', async () => {
  const evidence = await verifyConfigStep.verify(hostThatSays(3, '').context, params, null);
  assert.equal(evidence.verified, false);
});
