import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { fuzz } from '../../fuzz/harness.ts';
import { onionFuzz } from '../../fuzz/onion.ts';
import { encodeOnionAddress, parseOnionAddress } from './address.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';
import { fromHex, readEd25519Vectors, toHex } from './testing/vectors.ts';

// From C tor's test_build_address and test_validate_address.
const key = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
const address = '25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid';
/** Of order 8: a point of no use but to make a second key of a first one. */
const torsion = ed25519.Point.fromBytes(fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'));

describe('onion addresses', () => {
  test('a key has the address that C tor gives it', () => {
    assert.equal(encodeOnionAddress(key), `${address}.onion`);
    assert.equal(toHex(parseOnionAddress(address)), toHex(key));
    assert.equal(toHex(parseOnionAddress(`${address.toUpperCase()}.ONION`)), toHex(key));
  });

  test('every key of the vectors comes back from its address', () => {
    for (const { publicKey } of readEd25519Vectors()) {
      assert.equal(toHex(parseOnionAddress(encodeOnionAddress(fromHex(publicKey)))), publicKey);
    }
  });

  test('what C tor refuses is refused, with the reason', () => {
    for (const [text, reason] of [
      ['blah', /4 characters/],
      ['p3xnclpu4mu22dwaurjtsybyqk4xfjmcfz6z62yl24uwmhjatiwnlnadb', /57 characters/],
      ['l5satjgud6gucryazcyvyvhuxhr74u6ygigiuyixe3a6ysis67ororad', /checksum/],
      ['btojiu7nu5y5iwut64eufevogqdw4wmqzugnoluw232r4t3ecsfv37ad', /checksum/],
      ['?'.repeat(56), /other than/],
      [`${address.slice(0, -1)}e`, /version is 4/],
      [`www.${address}`, /60 characters/],
      [`${address.slice(0, 53)}x${address.slice(54)}`, /checksum/],
    ] as const) {
      assert.throws(() => parseOnionAddress(text), { code: 'onion-bad-address', message: reason }, text);
    }
  });

  test('a key with a torsion component, whose address has a right checksum, is refused', () => {
    const twin = ed25519.Point.fromBytes(key).add(torsion).toBytes();
    assert.throws(() => parseOnionAddress(encodeOnionAddress(twin)), { code: 'onion-torsion' });
    assert.throws(() => parseOnionAddress(encodeOnionAddress(torsion.toBytes())), { code: 'onion-torsion' });
    assert.throws(() => parseOnionAddress(encodeOnionAddress(ed25519.Point.ZERO.toBytes())), { code: 'onion-torsion' });
  });

  test('bytes that are no point are refused', () => {
    assert.throws(() => parseOnionAddress(encodeOnionAddress(new Uint8Array(32).fill(2))), {
      code: 'onion-bad-public-key',
    });
  });

  test('base32 gives back what it was made from, and takes no second spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const text = encodeBase32(bytes);
        assert.deepEqual(decodeBase32(text), bytes);
        assert.deepEqual(decodeBase32(text.toUpperCase()), bytes);
      }),
      { seed: 1 },
    );
    for (const text of ['a', 'aaa', 'ab', 'a1', 'aa==', 'ä']) {
      assert.throws(() => decodeBase32(text), { code: 'onion-bad-base32' }, text);
    }
    assert.equal(encodeBase32(Buffer.from('foobar')), 'mzxw6ytboi', 'RFC 4648 §10');
  });

  test('no mutated address, key file or list of link specifiers makes a reader throw anything but TorError', () => {
    const result = fuzz({ ...onionFuzz, iterations: 3000, seed: 1 });
    assert.ok(result.accepted > 20 && result.refused > 1000, JSON.stringify(result));
  });
});
