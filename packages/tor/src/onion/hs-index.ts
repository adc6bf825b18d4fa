// The places of services and directories on the ring. rend-spec-v3 §2.2.3. Mind that length and number of the period stand
// in the one order in the first and in the other in the second.
import { int8, sha3 } from './hashes.ts';
import { requireLength } from './problem.ts';
import type { TimePeriod } from './time-period.ts';

type Period = Pick<TimePeriod, 'number' | 'lengthMinutes'>;

/**
 * hs_service_index: where a replica of a descriptor belongs.
 *
 * @param blindedKey 32 bytes
 * @param replica from 1
 * @returns 32 bytes
 * @example
 * const index = serviceIndex(Buffer.alloc(32, 0x42), 1, { number: 42, lengthMinutes: 1440 });
 * Buffer.from(index).toString('hex').slice(0, 8); // '37e5cbbd'
 */
export function serviceIndex(blindedKey: Uint8Array, replica: number, { number, lengthMinutes }: Period): Uint8Array {
  requireLength(blindedKey, 32, 'a blinded key');
  return sha3('store-at-idx', blindedKey, int8(replica), int8(lengthMinutes), int8(number));
}

/**
 * hs_relay_index: where a directory stands.
 *
 * @param ed25519Id identity of the relay, 32 bytes
 * @param sharedRandom 32 bytes
 * @returns 32 bytes
 */
export function relayIndex(
  ed25519Id: Uint8Array,
  sharedRandom: Uint8Array,
  { number, lengthMinutes }: Period,
): Uint8Array {
  requireLength(ed25519Id, 32, 'an Ed25519 identity');
  requireLength(sharedRandom, 32, 'a shared-random value');
  return sha3('node-idx', ed25519Id, sharedRandom, int8(number), int8(lengthMinutes));
}
