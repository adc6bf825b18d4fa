import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeOnionAddress } from '../onion/address.ts';
import { fromHex, toHex } from '../onion/testing/vectors.ts';
import { x25519PublicKey, x25519SharedSecret } from '../onion/x25519.ts';
import { Sensitive } from '../sensitive.ts';
import { mixAuthClients, openCookie, sealCookie } from './client-auth.ts';
import { parseClientCredential, parseClientKey, renderClientCredential, renderClientKey } from './client-auth-files.ts';
import { decodeDescriptor } from './decode-descriptor.ts';
import { encodeDescriptor } from './encode-descriptor.ts';
import { bytesNamed, makeContent, makeService, nowMs, randomNamed } from './testing/descriptors.ts';

const secretNamed = (name: string) => new Sensitive(bytesNamed(name));

describe('X25519', () => {
  test('the keys of RFC 7748 §6.1', () => {
    const alice = new Sensitive(fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
    const bob = fromHex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    assert.equal(toHex(x25519PublicKey(alice)), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    assert.equal(
      toHex(x25519SharedSecret(alice, bob).reveal()),
      '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
    );
  });

  test('both ends compute the same', () => {
    const [a, b] = [secretNamed('a'), secretNamed('b')];
    assert.deepEqual(
      x25519SharedSecret(a, x25519PublicKey(b)).reveal(),
      x25519SharedSecret(b, x25519PublicKey(a)).reveal(),
    );
  });
});

describe('client authorization', () => {
  const service = makeService('restricted');
  const ephemeralSecret = secretNamed('ephemeral');
  const cookie = new Sensitive(bytesNamed('cookie', 16));
  const seal = (name: string) =>
    sealCookie({
      subcredential: service.keys.subcredential,
      ephemeralSecret,
      clientKey: x25519PublicKey(secretNamed(name)),
      cookie,
      iv: bytesNamed(`${name} iv`, 16),
    });

  test('a descriptor is open to each of its clients, and to nobody else', () => {
    const content = makeContent('restricted', service, 3);
    const authClients = mixAuthClients(['alice', 'bob'].map(seal), randomNamed('decoys'));
    const text = encodeDescriptor(
      {
        ...content,
        middle: { ...content.middle, ephemeralKey: x25519PublicKey(ephemeralSecret), authClients },
        descriptorCookie: cookie,
      },
      service,
    );
    const decode = (name: string | undefined) =>
      decodeDescriptor(text, {
        keys: service.keys,
        nowMs,
        clientSecret: name === undefined ? undefined : secretNamed(name),
      });
    for (const name of ['alice', 'bob']) {
      const decoded = decode(name);
      assert.equal(decoded.inner.introPoints.length, 3);
      assert.deepEqual(decoded.descriptorCookie?.reveal(), cookie.reveal());
      assert.equal(encodeDescriptor(decoded, service), text);
    }
    for (const name of ['mallory', undefined]) assert.throws(() => decode(name), { code: 'hsdesc-bad-mac' });
  });

  test('a decoy opens for nobody', () => {
    const middle = {
      ephemeralKey: x25519PublicKey(ephemeralSecret),
      authClients: mixAuthClients([], randomNamed('x')),
    };
    assert.equal(openCookie(middle, service.keys.subcredential, secretNamed('alice')), null);
  });

  test('lines come in multiples of 16, those of clients all among them', () => {
    for (const [clients, lines] of [
      [0, 16],
      [1, 16],
      [16, 16],
      [17, 32],
      [33, 48],
    ] as const) {
      const own = Array.from({ length: clients }, (_, i) => seal(`client ${i}`));
      const mixed = mixAuthClients(own, randomNamed(`mix ${clients}`));
      assert.equal(mixed.length, lines);
      assert.ok(own.every((client) => mixed.includes(client)));
      const sizes = mixed.map(({ id, iv, encryptedCookie }) => [id.length, iv.length, encryptedCookie.length].join());
      assert.deepEqual(new Set(sizes), new Set(['8,16,16']));
    }
  });

  test('the place of a client says nothing: over many descriptors every place comes up', () => {
    const own = seal('alice');
    const places = Array.from({ length: 400 }, (_, i) => mixAuthClients([own], randomNamed(`round ${i}`)).indexOf(own));
    assert.equal(new Set(places).size, 16);
  });

  test('keys of small order and of wrong length are refused', () => {
    const options = {
      subcredential: service.keys.subcredential,
      ephemeralSecret,
      clientKey: new Uint8Array(32),
      cookie,
      iv: bytesNamed('iv', 16),
    };
    assert.throws(() => sealCookie(options), { code: 'onion-bad-public-key' });
    const clientKey = x25519PublicKey(secretNamed('alice'));
    assert.throws(() => sealCookie({ ...options, clientKey: clientKey.slice(1) }), { code: 'onion-bad-length' });
    assert.throws(() => sealCookie({ ...options, clientKey, iv: new Uint8Array(8) }), { code: 'onion-bad-length' });
  });
});

describe('files of client authorization', () => {
  test('the key of the specification', () => {
    const text = 'descriptor:x25519:OM7TGIVRYMY6PFX6GAC6ATRTA5U6WW6U7A4ZNHQDI6OVL52XVV2Q';
    assert.equal(renderClientKey(parseClientKey(`${text}\n`)), text);
    assert.equal(toHex(parseClientKey(text)).length, 64);
  });

  test('any key and any credential come back', () => {
    const service = makeService('files');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        assert.deepEqual(parseClientKey(renderClientKey(key)), key);
        const line = renderClientCredential({ publicKey: service.publicKey, secret: new Sensitive(key) });
        const { publicKey, secret } = parseClientCredential(line);
        assert.deepEqual([publicKey, secret.reveal()], [service.publicKey, key]);
        assert.equal(`${line}`, '[sensitive]');
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test('what is no key is refused, and a secret is not shown', () => {
    const key = 'OM7TGIVRYMY6PFX6GAC6ATRTA5U6WW6U7A4ZNHQDI6OVL52XVV2Q';
    for (const text of [
      '',
      key,
      `descriptor:${key}`,
      `descriptor:ed25519:${key}`,
      `basic:x25519:${key}`,
      `a:descriptor:x25519:${key}`,
      'descriptor:x25519:AAAA',
    ]) {
      assert.throws(() => parseClientKey(text), { code: 'onion-bad-client-key' }, text);
    }
    assert.throws(() => parseClientKey('descriptor:x25519:1'), { code: 'onion-bad-base32' });
    const address = encodeOnionAddress(makeService('files').publicKey).slice(0, 56);
    for (const text of [
      `${address}:descriptor:x25519:${key}AA`,
      `nobody:descriptor:x25519:${key}`,
      `${address}:${key}`,
    ]) {
      assert.throws(
        () => parseClientCredential(text),
        (error: Error) => !error.message.includes(key),
      );
    }
  });
});
