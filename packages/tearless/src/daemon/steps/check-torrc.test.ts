import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../testing/fake-host.ts';
import { checkTorrcStep } from './check-torrc.ts';

const params = { instance: 'a', content: 'SocksPort 0\n' };
const hostThatSays = (stdout: string): FakeHost => {
  const host = new FakeHost();
  host.onCall = (verb, { args, input }) => {
    assert.deepEqual([verb, args, input], ['torrc-check', ['a'], params.content]);
    return stdout;
  };
  return host;
};

test('a text that tor refuses is refused with its own words', async () => {
  // recorded from tor 0.4.9.11
  const said =
    'Nov 21 05:50:00.000 [warn] OnionBalance: Unable to read config file "/var/lib/tor-instances/a/shop/ob_config"\n' +
    'Nov 21 05:50:00.000 [warn] Failed to parse/validate config: Failed to configure rendezvous options. See logs for details.\n' +
    'Nov 21 05:50:00.000 [err] Reading config failed--see warnings above.\n\n1\n';
  await assert.rejects(async () => checkTorrcStep.verify(hostThatSays(said).context, params, null), {
    code: 'daemon-torrc-refused',
    message:
      'tor on h1 refuses what /etc/tor/instances/a/torrc shall say: Failed to parse/validate config: Failed to configure rendezvous options. See logs for details.',
  });
});

test('warnings of a text that holds are kept as evidence', async () => {
  const said = 'Nov 20 23:31:32.225 [warn] Your ContactInfo config option is not set.\n\n0\n';
  assert.deepEqual(await checkTorrcStep.verify(hostThatSays(said).context, params, null), {
    verified: true,
    warnings: ['Your ContactInfo config option is not set.'],
  });
});

test('an answer that was cut off counts as a refusal', async () => {
  await assert.rejects(async () => checkTorrcStep.verify(hostThatSays('').context, params, null), {
    code: 'daemon-torrc-refused',
  });
});
