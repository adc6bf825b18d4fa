import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  decodeEd25519Certificate,
  encodeEd25519Certificate,
  isValidEd25519Certificate,
} from './ed25519-certificate.ts';
import { parseRouterDescriptors } from './router-descriptor.ts';
import { readTestdata } from './testing/refused.ts';

const hourMs = 3_600_000;

describe('ed25519 certificates', () => {
  const [relay] = parseRouterDescriptors(readTestdata('router-descriptor/one'));
  const real = relay?.identityCertificate;
  assert.ok(real?.signingKey);
  const { signingKey } = real;

  test('one made by tor is valid until it expires, for its key only', () => {
    assert.deepEqual([real.type, real.keyType, real.certifiedKey.length], [4, 1, 32]);
    assert.equal(isValidEd25519Certificate(real, signingKey, real.expiresMs - 1), true);
    assert.equal(isValidEd25519Certificate(real, signingKey, real.expiresMs), false);
    assert.equal(isValidEd25519Certificate(real, real.certifiedKey, real.expiresMs - 1), false);
  });

  test('encoding gives its bytes back', () => {
    assert.deepEqual(Buffer.from(encodeEd25519Certificate(real)), Buffer.concat([real.signedBytes, real.signature]));
  });

  test('an extension that must be understood and is not makes it invalid', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    for (const affectsValidation of [false, true]) {
      const unsigned = {
        type: 8,
        expiresMs: 500_000 * hourMs,
        keyType: 1,
        certifiedKey: Buffer.alloc(32, 1),
        extensions: [{ type: 99, affectsValidation, data: Uint8Array.of(1) }],
        signature: Buffer.alloc(64),
      };
      const { signedBytes } = decodeEd25519Certificate(encodeEd25519Certificate(unsigned));
      const signature = sign(null, signedBytes, privateKey);
      const certificate = decodeEd25519Certificate(encodeEd25519Certificate({ ...unsigned, signature }));
      assert.equal(isValidEd25519Certificate(certificate, key, 0), !affectsValidation);
    }
  });

  test('any certificate reads back as what it was made from', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const extension = fc.record(
      {
        type: fc.integer({ min: 5, max: 255 }),
        affectsValidation: fc.boolean(),
        data: fc.uint8Array({ maxLength: 40 }),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(
        fc.record(
          {
            type: fc.nat(255),
            expiresMs: fc.nat(2 ** 31 - 1).map((hours) => hours * hourMs),
            keyType: fc.nat(255),
            certifiedKey: bytes(32),
            extensions: fc.array(extension, { maxLength: 4 }),
            signature: bytes(64),
          },
          { noNullPrototype: true },
        ),
        (made) => {
          const encoded = encodeEd25519Certificate(made);
          const signedBytes = encoded.slice(0, -64);
          assert.deepEqual(decodeEd25519Certificate(encoded), { ...made, signingKey: null, signedBytes });
        },
      ),
      { seed: 1 },
    );
  });

  test('what is cut off, too long or of another version is refused', () => {
    const encoded = encodeEd25519Certificate(real);
    const wrong = [
      new Uint8Array(),
      encoded.slice(0, 103),
      encoded.slice(0, -1),
      Uint8Array.of(...encoded, 0),
      Uint8Array.of(2, ...encoded.slice(1)),
      Uint8Array.of(...encoded.slice(0, 39), 2, ...encoded.slice(40)),
      Uint8Array.of(...encoded.slice(0, 40), 0xff, ...encoded.slice(41)),
    ];
    for (const bytes of wrong) {
      assert.throws(() => decodeEd25519Certificate(bytes), { code: 'netdoc-bad-certificate' }, `${bytes.length}`);
    }
  });
});
