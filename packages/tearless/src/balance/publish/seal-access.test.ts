import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TorError } from '@tearless/tor/error.ts';
import { decodeDescriptor, openDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { bytesNamed, makeContent, makeService, nowMs, randomNamed } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { x25519PublicKey } from '@tearless/tor/onion/x25519.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import { LearnMemory } from '../learn/learn-memory.ts';
import { decodeWorker, introPointsOf } from '../learn/learnt.ts';
import { pointKey } from '../model/layout.ts';
import { buildRound } from './build-round.ts';
import { agreeTraits, type Declared, frameOf, readDeclared } from './content.ts';
import { makePeriodKeys } from './period-keys.ts';

const period = { number: 20_463, lengthMinutes: 1440, startMs: nowMs - 3_600_000, endMs: nowMs + 3_600_000 };
const secret = expandSeed(bytesNamed('frontend identity'));
const publicKey = publicKeyOf(secret);
const keys = makePeriodKeys(
  { address: encodeOnionAddress(publicKey), publicKey, secret },
  period,
  randomNamed('frontend'),
);
const service = makeService('worker');
const onionAddress = encodeOnionAddress(service.publicKey);
const learnt = decodeWorker(encodeDescriptor(makeContent('worker', service, 3), service), {
  address: onionAddress,
  periods: [period],
  nowMs,
  memory: new LearnMemory(),
});
const refs = introPointsOf(learnt).map((point, index) => ({ worker: 'w', index, key: pointKey(point) }));
const worker = { id: 'w', onionAddress, weight: 1, state: 'in' } as const;

const build = (declared: Partial<Declared>, name = 'round'): string[] => {
  const directories = ['A', 'B'];
  const content = {
    layout: {
      policy: 'single' as const,
      round: 0,
      chosen: new Map(directories.map((one) => [one, refs])),
      copies: new Map<string, string>(),
    },
    points: [{ worker, introPoints: introPointsOf(learnt), learntAtMs: nowMs, descriptorValidForMs: 1 }],
    traits: agreeTraits([learnt]),
    declared: { clients: [], caa: [], isCaaCritical: false, ...declared },
  };
  return [...buildRound(keys, content, { nowMs, revisionCounter: 5n, random: randomNamed(name) }).values()];
};
const clientSecret = (name: string) => new Sensitive(bytesNamed(`client ${name}`));
const clientKey = (name: string) => x25519PublicKey(clientSecret(name));
const decode = (text: string, name?: string) =>
  decodeDescriptor(text, { keys: keys.keys, nowMs, clientSecret: name === undefined ? undefined : clientSecret(name) });
const locked = (error: unknown) => error instanceof TorError && error.code === 'hsdesc-bad-mac';

describe('a frontend with authorized clients', () => {
  const clients = Array.from({ length: 17 }, (_, index) => clientKey(`${index}`));
  const [text = '', other = ''] = build({ clients });

  it('can be read by each of them, from any directory', () => {
    for (const name of ['0', '16'])
      for (const one of [text, other])
        assert.deepEqual(
          decode(one, name).inner.introPoints.map(pointKey),
          refs.map(({ key }) => key),
        );
  });

  it('cannot be read without a key, or with another', () => {
    assert.throws(() => decode(text), locked);
    assert.throws(() => decode(text, 'a stranger'), locked);
  });

  it('has their lines in a multiple of 16, and nobody sees how many are real', () => {
    const [open = ''] = build({});
    assert.equal(decode(open).middle.authClients.length, 16);
    assert.equal(decode(text, '3').middle.authClients.length, 32);
    assert.equal(frameOf({ clients, caa: [], isCaaCritical: false }).authClients, 32);
    assert.equal(build({ clients: clients.slice(0, 16) })[0]?.length, open.length);
  });

  it('refuses a client key with which everyone could read it', () => {
    assert.throws(() => build({ clients: [new Uint8Array(32)] }), /./);
  });
});

describe('a frontend that is open to all', () => {
  it('has a key pair in the middle layer, whose top bit is never set', () => {
    for (let i = 0; i < 8; i++) {
      const [text = ''] = build({}, `round ${i}`);
      const { ephemeralKey } = openDescriptor(text, { keys: keys.keys }).middle;
      assert.equal((ephemeralKey[31] ?? 0) & 0x80, 0);
    }
  });

  it('says its CAA records as they are declared, and refuses what is none', () => {
    const declared = readDeclared({ clients: [], caa: ['0 issue "letsencrypt.org"'], isCaaCritical: true });
    const { inner, middle } = decode(build(declared)[0] ?? '');
    assert.deepEqual(inner.caa, [{ flags: 0, tag: 'issue', value: '"letsencrypt.org"' }]);
    assert.equal(middle.isCaaCritical, true);
    assert.throws(() => readDeclared({ clients: [], caa: ['issue'], isCaaCritical: false }), /CAA|flags/);
  });
});
