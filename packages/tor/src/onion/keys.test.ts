import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Sensitive } from '../sensitive.ts';
import { blindingFactor, blindPublicKey, blindSecretKey } from './blinding.ts';
import { deriveDescriptorKeys, deriveSubcredential } from './credential.ts';
import {
  decodePublicKeyFile,
  decodeSecretKeyFile,
  encodeKeyFiles,
  encodePublicKeyFile,
  encodeSecretKeyFile,
  parseHostname,
} from './key-files.ts';
import { createVerifier, signerFromExpanded, signerFromSeed } from './native-key.ts';
import { ed25519FromCurve25519 } from './public-key.ts';
import { expandSeed, publicKeyOf, signExpanded } from './secret-key.ts';
import { fromHex, readEd25519Vectors, toHex } from './testing/vectors.ts';

const secretOf = (hex: string) => new Sensitive(fromHex(hex));

describe('ed25519 vectors of C tor', () => {
  for (const [i, vector] of readEd25519Vectors().entries()) {
    const publicKey = fromHex(vector.publicKey);

    test(`${i}: seed, expanded key and public key belong together`, () => {
      assert.equal(toHex(expandSeed(fromHex(vector.seed)).reveal()), vector.expanded);
      assert.equal(toHex(publicKeyOf(secretOf(vector.expanded))), vector.publicKey);
      assert.equal(toHex(signerFromSeed(fromHex(vector.seed)).publicKey), vector.publicKey);
    });

    test(`${i}: the signature of its own key, by the expanded key and by the seed`, () => {
      assert.equal(toHex(signExpanded(secretOf(vector.expanded), publicKey, publicKey)), vector.selfSignature);
      assert.equal(toHex(signerFromSeed(fromHex(vector.seed)).sign(publicKey)), vector.selfSignature);
      assert.equal(createVerifier(publicKey)(publicKey, fromHex(vector.selfSignature)), true);
    });

    test(`${i}: both halves blinded`, () => {
      const factor = fromHex(vector.blindingFactor);
      const blinded = blindSecretKey(secretOf(vector.expanded), factor);
      assert.equal(toHex(blinded.reveal()), vector.blindedSecret);
      assert.equal(toHex(blindPublicKey(publicKey, factor)), vector.blindedPublic);
      const signer = signerFromExpanded(blinded);
      assert.equal(toHex(signer.publicKey), vector.blindedPublic);
      const message = Buffer.from('a descriptor');
      assert.equal(createVerifier(signer.publicKey)(message, signer.sign(message)), true);
      assert.equal(createVerifier(publicKey)(message, signer.sign(message)), false);
    });
  }

  test('a Curve25519 key becomes the Ed25519 key it is one with, but for the sign', () => {
    for (const { curve25519, publicKey } of readEd25519Vectors()) {
      const expected = fromHex(publicKey);
      expected[31] = (expected[31] ?? 0) & 127;
      assert.equal(toHex(ed25519FromCurve25519(fromHex(curve25519))), toHex(expected));
    }
  });

  test('the one Curve25519 key without an Ed25519 form is refused', () => {
    const minusOne = fromHex(`ec${'ff'.repeat(30)}7f`);
    assert.throws(() => ed25519FromCurve25519(minusOne), { code: 'onion-bad-public-key' });
  });
});

describe('keys of a time period', () => {
  // From C tor's test_blinding_basics.
  const publicKey = fromHex('833990b085c1a688c1d4c8b1f6b56afaf5a2eca674449e1d704f83765ccb7bc6');
  const secret = secretOf(
    'd8c7ff0e31295b66540d789af3e3df992038a9592eea01d8b7cba06d6e66d159' +
      '4d6167696320576f7264733a20737065697373636f62616c742062697669756d',
  );
  const period = { number: 1234, lengthMinutes: 1440 };
  const factor = blindingFactor(publicKey, period);

  test('factor, blinded keys and subcredential are those of C tor', () => {
    assert.equal(toHex(factor), '379e50db31fee6775abd0af6fb7c371e060308f4f847db09fe4cfe13af602287');
    const { blindedKey, subcredential } = deriveDescriptorKeys(publicKey, period);
    assert.equal(toHex(blindedKey), '3a50bf210e8f9ee955ae0014f7a6917fb65ebf098a86305abb508d1a7291b6d5');
    assert.equal(toHex(subcredential), '635d55907816e8d76398a675a50b1c2f3e36b42a5ca77ba3a0441285161ae07d');
    assert.equal(
      toHex(blindSecretKey(secret, factor).reveal()),
      'a958dc83ac885f6814c67035de817a2c604d5d2f715282079448f789b656350b' +
        '4540fe1f80aa3f7e91306b7bf7a8e367293352b14a29fdcc8c19f3558075524b',
    );
  });

  test('blinding the public key and the secret key gives one pair, with any period and secret', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.nat(),
        fc.integer({ min: 1, max: 14_400 }),
        fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
        (seed, number, lengthMinutes, optional) => {
          const identity = expandSeed(seed);
          const own = publicKeyOf(identity);
          const h = blindingFactor(own, { number, lengthMinutes }, optional);
          assert.equal(toHex(publicKeyOf(blindSecretKey(identity, h))), toHex(blindPublicKey(own, h)));
        },
      ),
      { seed: 1, numRuns: 25 },
    );
  });

  test('the optional secret, the number and the length each make another key', () => {
    const factors = [
      factor,
      blindingFactor(publicKey, period, Buffer.from('s')),
      blindingFactor(publicKey, { ...period, number: 1235 }),
      blindingFactor(publicKey, { ...period, lengthMinutes: 1441 }),
    ].map(toHex);
    assert.equal(new Set(factors).size, 4);
  });

  test('another service with the same blinded key would have another subcredential', () => {
    const blinded = blindPublicKey(publicKey, factor);
    assert.notEqual(toHex(deriveSubcredential(publicKey, blinded)), toHex(deriveSubcredential(blinded, blinded)));
  });

  test('keys of a wrong length, and the scalar zero, are refused', () => {
    assert.throws(() => publicKeyOf(new Sensitive(new Uint8Array(64))), { code: 'onion-bad-secret-key' });
    assert.throws(() => blindingFactor(new Uint8Array(31), period), { code: 'onion-bad-length' });
    assert.throws(() => blindSecretKey(new Sensitive(new Uint8Array(32)), factor), { code: 'onion-bad-length' });
    assert.throws(() => deriveSubcredential(publicKey, new Uint8Array(33)), { code: 'onion-bad-length' });
  });
});

describe('key files', () => {
  const secret = expandSeed(Buffer.alloc(32, 7));
  const files = encodeKeyFiles(secret);

  test('all three are read back, and belong together', () => {
    const publicKey = publicKeyOf(secret);
    assert.deepEqual(decodeSecretKeyFile(files.hs_ed25519_secret_key.reveal()).reveal(), secret.reveal());
    assert.deepEqual(decodePublicKeyFile(files.hs_ed25519_public_key), publicKey);
    assert.deepEqual(parseHostname(files.hostname), publicKey);
    assert.match(files.hostname, /^[a-z2-7]{56}\.onion\n$/);
    assert.deepEqual([files.hs_ed25519_secret_key.reveal().length, files.hs_ed25519_public_key.length], [96, 64]);
  });

  test('any key comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        const own = expandSeed(seed);
        assert.deepEqual(decodeSecretKeyFile(encodeSecretKeyFile(own).reveal()).reveal(), own.reveal());
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test('nothing of a secret key is shown', () => {
    assert.equal(inspect(files.hs_ed25519_secret_key), '[sensitive]');
    assert.equal(JSON.stringify(files).includes('Uint8Array'), false);
  });

  test('a file of another length, with another tag or a scalar that is not clamped is refused', () => {
    const good = files.hs_ed25519_secret_key.reveal();
    const changed = (at: number, value: number) => good.with(at, value);
    for (const bytes of [good.slice(0, 95), new Uint8Array(96), changed(5, 0x58), changed(31, 1), changed(32, 1)]) {
      assert.throws(() => decodeSecretKeyFile(bytes), { code: 'onion-bad-key-file' });
    }
    assert.throws(() => decodeSecretKeyFile(changed(63, 0xff)), { code: 'onion-bad-key-file' });
    assert.throws(() => decodePublicKeyFile(good.slice(0, 64)), { code: 'onion-bad-key-file' });
    assert.throws(() => decodePublicKeyFile(encodePublicKeyFile(new Uint8Array(32).fill(2))), {
      code: 'onion-bad-public-key',
    });
  });
});
