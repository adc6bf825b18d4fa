import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderConsensus } from '@tearless/tor/netdoc/render-consensus.ts';
import { parseRouterDescriptors } from '@tearless/tor/netdoc/router-descriptor.ts';
import { generateConsensus } from '@tearless/tor/netdoc/testing/generate-consensus.ts';
import { FakeHost } from '../testing/fake-host.ts';
import { descriptorAcceptedGate } from './descriptor-accepted.ts';
import { listedRunningGate } from './listed-running.ts';

const instance = 'a';
const descriptor = readFileSync(new URL('../testdata/own-descriptor.txt', import.meta.url), 'utf8');
const [own] = parseRouterDescriptors(descriptor);
assert.ok(own);

/** A relay that started `leadMs` before it published the descriptor at hand. */
const relay = (leadMs: number): FakeHost => {
  const host = new FakeHost();
  host.nowMs = own.publishedMs + 30_000;
  host.process = { pid: 7, startMs: own.publishedMs - leadMs };
  return host;
};

/** A consensus of a lab with votes every 20 s, its first relay being ours. */
const consensus = (
  votedMs: number,
  flags: string[],
  listed: { digest: string; publishedMs: number } | null,
): string => {
  const flavor = listed === null ? 'microdesc' : 'ns';
  const made = generateConsensus({ relays: 3, validAfterMs: votedMs + 4_000, flavor });
  const routers = made.routers.map((router, index) =>
    index === 0
      ? {
          ...router,
          fingerprint: own.fingerprint,
          flags,
          ...(listed === null ? {} : { descriptorDigest: listed.digest, publishedMs: listed.publishedMs }),
        }
      : router,
  );
  return renderConsensus({
    ...made,
    freshUntilMs: made.validAfterMs + 20_000,
    votingDelay: { voteSeconds: 2, distSeconds: 2 },
    routers: routers.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)),
  });
};
const former = { digest: 'F'.repeat(40), publishedMs: own.publishedMs - 600_000 };
const present = { digest: own.digest, publishedMs: own.publishedMs };

test('a descriptor counts as accepted when this process made it and an authority took it', async () => {
  const host = relay(2_000);
  let accepted = '0';
  const info = { 'dir/server/authority': descriptor, 'status/accepted-server-descriptor': () => accepted };
  host.tor = { info, conf: {} };
  const read = () => descriptorAcceptedGate.read(host.context, { instance });
  assert.equal((await read()).state, 'waiting');
  accepted = '1';
  const reading = await read();
  assert.deepEqual([reading.state, reading.evidence.digest], ['passed', own.digest]);
  // the same answer of a process that is younger than the descriptor proves nothing
  host.process = { pid: 8, startMs: own.publishedMs + 5_000 };
  assert.equal((await read()).state, 'waiting');
});

test('without a descriptor, without a process and without a control port the gate waits', async () => {
  const host = relay(2_000);
  const read = async () => (await descriptorAcceptedGate.read(host.context, { instance })).state;
  host.tor = { info: { 'dir/server/authority': '' }, conf: {} };
  assert.equal(await read(), 'waiting');
  host.tor = undefined;
  assert.equal(await read(), 'waiting');
  host.process = undefined;
  assert.equal(await read(), 'waiting');
});

const listed = async (document: string, accepted = '1', publishedAfter: 'restart' | 'any' = 'restart') => {
  const host = relay(2_000);
  host.tor = {
    info: {
      'dir/server/authority': descriptor,
      'status/accepted-server-descriptor': accepted,
      'dir/status-vote/current/consensus': document,
    },
    conf: {},
  };
  return await listedRunningGate.read(host.context, { instance, viewInstances: [], publishedAfter });
};

test('a consensus that lists the new descriptor passes', async () => {
  const reading = await listed(consensus(own.publishedMs + 10_000, ['Running', 'Valid'], present));
  assert.deepEqual([reading.state, reading.evidence.listedDigest], ['passed', own.digest]);
});

test('a consensus that was voted on before the relay published does not count', async () => {
  const reading = await listed(consensus(own.publishedMs - 10_000, ['Running', 'Valid'], former));
  assert.deepEqual([reading.state, /voted on before/.test(reading.message)], ['waiting', true]);
  const any = await listed(consensus(own.publishedMs - 10_000, ['Running', 'Valid'], former), '1', 'any');
  assert.equal(any.state, 'passed');
});

test('an accepted descriptor with nothing new need not be listed, only the relay', async () => {
  const later = consensus(own.publishedMs + 1_000, ['Running', 'Valid'], former);
  assert.equal((await listed(later)).state, 'passed');
  assert.equal((await listed(later, '0')).state, 'waiting');
});

test('a relay that is not listed Running is waited for', async () => {
  assert.equal((await listed(consensus(own.publishedMs + 10_000, ['Valid'], present))).state, 'waiting');
});

test('a relay without a consensus waits, one with the other flavour alone is judged by the vote', async () => {
  const host = relay(2_000);
  const info: Record<string, string> = { 'dir/server/authority': descriptor, 'status/accepted-server-descriptor': '1' };
  host.tor = { info, conf: {} };
  const read = () =>
    listedRunningGate.read(host.context, { instance, viewInstances: ['a'], publishedAfter: 'restart' });
  assert.equal((await read()).state, 'waiting');
  info['dir/status-vote/current/consensus-microdesc'] = consensus(own.publishedMs + 1_000, ['Running'], null);
  const reading = await read();
  assert.deepEqual([reading.state, reading.evidence.listedDigest], ['passed', null]);
});

test('a consensus is not read again before it can have changed', async () => {
  const host = relay(2_000);
  let reads = 0;
  const document = consensus(own.publishedMs - 10_000, ['Running'], former);
  host.tor = {
    info: {
      'dir/server/authority': descriptor,
      'status/accepted-server-descriptor': '1',
      'dir/status-vote/current/consensus': () => {
        reads += 1;
        return document;
      },
    },
    conf: {},
  };
  const read = () => listedRunningGate.read(host.context, { instance, viewInstances: [], publishedAfter: 'restart' });
  await read();
  await read();
  assert.equal(reads, 1);
  host.nowMs += 400;
  await read();
  assert.equal(reads, 2);
});
