import assert from 'node:assert/strict';
import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { encodeKeyFiles } from '@tearless/tor/onion/key-files.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { BalanceError } from '../balance-error.ts';
import { decodeFrontendKey, parseOnionbalanceConfig } from './onionbalance-config.ts';

const seed = (name: string) => new Uint8Array(createHash('sha256').update(name).digest());
const addressOf = (name: string) => encodeOnionAddress(publicKeyOf(expandSeed(seed(name))));
const [one, two] = [addressOf('one'), addressOf('two')];

const refusal = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BalanceError);
  assert.equal(error.code, code);
  assert.match(error.message, words);
  return true;
};

describe('the configuration of Onionbalance', () => {
  it('is read, with and without names, with and without .onion', () => {
    const text = `services:\n- key: a/front.key\n  instances:\n  - address: ${one}\n    name: node1\n  - address: ${two.replace('.onion', '')}\n`;
    assert.deepEqual(parseOnionbalanceConfig(text, 'config.yaml'), [
      {
        keyPath: 'a/front.key',
        workers: [
          { id: 'node1', onionAddress: one },
          { id: two.slice(0, 16), onionAddress: two },
        ],
      },
    ]);
  });

  for (const [what, text, words] of [
    ['without services', 'services: []', /services/],
    ['that is no YAML', 'services: [', /config\.yaml/],
    [
      'with an address of version 2',
      'services: [{key: k, instances: [{address: expyuzz4wqqyqhjn.onion}]}]',
      /16 characters/,
    ],
    [
      'with a mistyped address',
      `services: [{key: k, instances: [{address: b${one.slice(1)}}]}]`,
      /is not an onion address/,
    ],
    ['with an instance twice', `services: [{key: k, instances: [{address: ${one}}, {address: ${one}}]}]`, /twice/],
  ] as const)
    it(`${what} is refused`, () => {
      assert.throws(() => parseOnionbalanceConfig(text, 'config.yaml'), refusal('balance-config', words));
    });
});

describe('keys of frontends', () => {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed('one')]);
  const pem = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' });

  it('give the same address in both forms', () => {
    const file = encodeKeyFiles(expandSeed(seed('one'))).hs_ed25519_secret_key.reveal();
    assert.equal(decodeFrontendKey(Buffer.from(pem), 'k').address, one);
    assert.equal(decodeFrontendKey(file, 'k').address, one);
    assert.deepEqual(
      decodeFrontendKey(Buffer.from(pem), 'k').secret.reveal(),
      decodeFrontendKey(file, 'k').secret.reveal(),
    );
  });

  it('of other kinds are refused without a word of their content', () => {
    const x25519 = generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    assert.throws(() => decodeFrontendKey(Buffer.from(x25519), 'k'), refusal('balance-key', /x25519, not Ed25519/));
    const locked = createPrivateKey(pem).export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'p',
    });
    assert.throws(() => decodeFrontendKey(Buffer.from(locked), 'k'), refusal('balance-key', /without a passphrase/));
    assert.throws(() => decodeFrontendKey(seed('one'), 'k'), refusal('balance-key', /neither of the forms/));
  });
});
