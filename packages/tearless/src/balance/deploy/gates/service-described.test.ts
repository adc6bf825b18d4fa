// The gate against a tor that gives the descriptor which one gave in a private network (tor/testdata/onion/recorded).
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { readRecordings } from '@tearless/tor/onion/testing/recordings.ts';
import { FakeHost } from '../../../daemon/testing/fake-host.ts';
import { serviceDescribedGate } from './service-described.ts';

const { recordings } = readRecordings();
const plain = recordings.find(({ kind }) => kind !== 'restricted');
const restricted = recordings.find(({ kind }) => kind === 'restricted');
assert.ok(plain !== undefined && restricted !== undefined);
const { address, own } = plain;
const publicKey = Buffer.from(parseOnionAddress(address)).toString('hex');
const question = `hs/service/desc/id/${address.replace('.onion', '')}`;
const params = { instance: 'a', directory: 'w', settleMs: 10_000 };
let host: FakeHost;

beforeEach(() => {
  host = new FakeHost();
  host.onCall = () => `w made key ${publicKey} 600 -\n`;
  host.tor = { info: { [question]: own }, conf: {} };
});
const read = async (settleMs = params.settleMs) => serviceDescribedGate.read(host.context, { ...params, settleMs });

it('passes at once for a new service with introduction points', async () => {
  const { state, evidence } = await read(0);
  assert.equal(state, 'passed');
  assert.equal(evidence.address, `${address.replace('.onion', '')}.onion`);
  assert.ok(Number(evidence.introPoints) >= 3);
});

it('waits until clients can know them, from the first time that they were seen', async () => {
  assert.equal((await read()).state, 'waiting');
  host.nowMs += 6_000;
  assert.match((await read()).message, /within 4 s/);
  host.tor = { info: {}, conf: {} };
  assert.equal((await read()).state, 'waiting');
  host.tor = { info: { [question]: own }, conf: {} };
  host.nowMs += 6_000;
  assert.equal((await read()).state, 'waiting');
  host.nowMs += 10_000;
  assert.equal((await read()).state, 'passed');
});

it('waits while tor has not loaded the key', async () => {
  host.onCall = () => 'w made key - 600 -\n';
  assert.match((await read(0)).message, /has not loaded the key of w/);
});

it('fails for a worker with clients of its own, whose points nobody else can read', async () => {
  const key = Buffer.from(parseOnionAddress(restricted.address)).toString('hex');
  host.onCall = () => `w made key ${key} 600 -\n`;
  host.tor = {
    info: { [`hs/service/desc/id/${restricted.address.replace('.onion', '')}`]: restricted.own },
    conf: {},
  };
  const { state, message } = await read(0);
  assert.equal(state, 'failed');
  assert.match(message, /cannot be read/);
});
