import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import fc from 'fast-check';
import { derivePrivateKey, makeProbeSecret, parseProbeSecret, renderProbeSecret } from './private-address.ts';

const secret = new Sensitive(new Uint8Array(32).fill(9));
const pair = { frontend: `${'a'.repeat(56)}.onion`, worker: `${'b'.repeat(56)}.onion` };

suite('private addresses', () => {
  test('are the same each time, and others for other workers, frontends and secrets', () => {
    const { address, publicKey } = derivePrivateKey(secret, pair);
    assert.deepEqual(parseOnionAddress(address), publicKey);
    assert.equal(derivePrivateKey(secret, pair).address, address);
    const others = [
      derivePrivateKey(secret, { ...pair, worker: `${'c'.repeat(56)}.onion` }),
      derivePrivateKey(secret, { ...pair, frontend: `${'c'.repeat(56)}.onion` }),
      derivePrivateKey(new Sensitive(new Uint8Array(32).fill(8)), pair),
    ];
    assert.equal(new Set([address, ...others.map((key) => key.address)]).size, 4);
  });

  test('have a key that nothing prints', () => {
    const key = derivePrivateKey(secret, pair);
    const hex = Buffer.from(key.secret.reveal()).toString('hex');
    for (const text of [JSON.stringify(key), inspect(key, { depth: 5 }), String(renderProbeSecret(secret))])
      assert.ok(!text.includes(hex) && !text.includes('tearless-probe-secret'), text);
    assert.equal(JSON.parse(JSON.stringify(key)).secret, '[sensitive]');
  });

  test('a secret that was written is read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const read = parseProbeSecret(renderProbeSecret(new Sensitive(bytes)), 'secret');
        assert.deepEqual(read.reveal(), new Uint8Array(bytes));
      }),
      { seed: 1 },
    );
    assert.equal(makeProbeSecret((bytes) => new Uint8Array(bytes).fill(3)).reveal().length, 32);
  });

  test('what is no such secret is refused without being quoted', () => {
    const good = renderProbeSecret(secret).reveal();
    for (const text of ['', 'hunter2', good.slice(0, -4), `${good}${good}`, good.replace('v1', 'v2')]) {
      assert.throws(
        () => parseProbeSecret(new Sensitive(text), '/state/probe-secret'),
        (error: Error) =>
          error.message.includes('/state/probe-secret') && (text === '' || !error.message.includes(text)),
      );
    }
  });
});
