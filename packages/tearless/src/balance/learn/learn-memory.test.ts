import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TorError } from '@tearless/tor/error.ts';
import { makeIdentity } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { LearnMemory } from './learn-memory.ts';

const { address, publicKey } = makeIdentity('worker');
const periods = [20_462, 20_463, 20_464, 20_465, 20_466].map((number) => ({ number, lengthMinutes: 1440 }));

it('gives the same keys as deriving them, the first time and later, of whatever period', () => {
  const memory = new LearnMemory();
  for (const period of [...periods, ...periods]) {
    const derived = deriveDescriptorKeys(publicKey, period);
    assert.deepEqual(memory.keysOf(address, period), derived);
    const known = memory.keysOf(address, period);
    assert.deepEqual(
      [new Uint8Array(known.blindedKey), new Uint8Array(known.subcredential)],
      [derived.blindedKey, derived.subcredential],
    );
  }
});

it('refuses what is no address each time', () => {
  const memory = new LearnMemory();
  for (let i = 0; i < 2; i++)
    assert.throws(() => memory.keysOf('nonsense.onion', { number: 1, lengthMinutes: 1440 }), TorError);
});
