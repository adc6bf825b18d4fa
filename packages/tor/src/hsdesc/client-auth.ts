// Client authorization: the descriptor cookie, sealed for each client, and decoys beside. rend-spec-v3 §2.5.1.2 to §2.5.1.4.
import { timingSafeEqual } from 'node:crypto';
import { aes256Ctr, shake256 } from '../onion/hashes.ts';
import { requireLength } from '../onion/problem.ts';
import { x25519SharedSecret } from '../onion/x25519.ts';
import { type Revealable, Sensitive } from '../sensitive.ts';
import type { AuthClient, MiddleLayer } from './middle.ts';

export const cookieBytes = 16;
const idBytes = 8;
const ivBytes = 16;
const decoyBytes = idBytes + ivBytes + cookieBytes;
/** Random bytes for each step of putting lines in random order. */
const shuffleBytes = 6;

/** Descriptors have so many auth-client lines, or a multiple. */
const authClientMultiple = 16;

export interface SealOptions {
  /** 32 bytes. */
  readonly subcredential: Uint8Array;
  /** Secret half of the descriptor's ephemeral X25519 key, 32 bytes. */
  readonly ephemeralSecret: Revealable<Uint8Array>;
  /** The client's X25519 key, 32 bytes. */
  readonly clientKey: Uint8Array;
  /** 16 random bytes, the same for all clients of a descriptor. */
  readonly cookie: Revealable<Uint8Array>;
  /** 16 random bytes, others for each client. */
  readonly iv: Uint8Array;
}

/** @throws TorError `onion-bad-public-key` when the client's key is of small order */
export function sealCookie({ subcredential, ephemeralSecret, clientKey, cookie, iv }: SealOptions): AuthClient {
  requireLength(cookie.reveal(), cookieBytes, 'a descriptor cookie');
  requireLength(iv, ivBytes, 'an IV');
  const { id, cookieKey } = deriveKeys(subcredential, x25519SharedSecret(ephemeralSecret, clientKey));
  return { id, iv, encryptedCookie: new Uint8Array(aes256Ctr(cookieKey, iv, cookie.reveal())) };
}

/**
 * The descriptor cookie, for a client that has one.
 *
 * @param clientSecret the client's X25519 secret, 32 bytes
 * @returns 16 bytes; null when no line is for this client. A wrong cookie, by a chance of 2^-64, shows at the inner layer.
 */
export function openCookie(
  { ephemeralKey, authClients }: Pick<MiddleLayer, 'ephemeralKey' | 'authClients'>,
  subcredential: Uint8Array,
  clientSecret: Revealable<Uint8Array>,
): Sensitive<Uint8Array> | null {
  const { id, cookieKey } = deriveKeys(subcredential, x25519SharedSecret(clientSecret, ephemeralKey));
  const own = authClients.find((client) => timingSafeEqual(client.id, id));
  if (own === undefined) return null;
  return new Sensitive(new Uint8Array(aes256Ctr(cookieKey, own.iv, own.encryptedCookie)));
}

/**
 * The lines of a descriptor: those of the clients among decoys, in random order, 16 or a multiple. Without clients all are
 * decoys, so that nobody can tell whether there are any.
 *
 * @param random gives so many random bytes
 * @example
 * mixAuthClients([], (bytes) => new Uint8Array(bytes)).length; // 16
 */
export function mixAuthClients(clients: readonly AuthClient[], random: (bytes: number) => Uint8Array): AuthClient[] {
  const total = Math.max(1, Math.ceil(clients.length / authClientMultiple)) * authClientMultiple;
  const mixed = [...clients];
  // In one piece: asking the system for each of a hundred costs more than all the rest of a descriptor's layers.
  const drawn = Buffer.from(random((total - mixed.length) * decoyBytes + (total - 1) * shuffleBytes));
  let at = 0;
  const take = (bytes: number): Uint8Array => {
    at += bytes;
    return new Uint8Array(drawn.subarray(at - bytes, at));
  };
  while (mixed.length < total) {
    mixed.push({ id: take(idBytes), iv: take(ivBytes), encryptedCookie: take(cookieBytes) });
  }
  for (let last = mixed.length - 1; last > 0; last--) {
    // 48 random bits leave a bias of less than 2^-40 for any number of clients.
    const other = drawn.readUIntBE(at, shuffleBytes) % (last + 1);
    at += shuffleBytes;
    const [a, b] = [mixed[last], mixed[other]];
    if (a !== undefined && b !== undefined) [mixed[last], mixed[other]] = [b, a];
  }
  return mixed;
}

function deriveKeys(subcredential: Uint8Array, shared: Revealable<Uint8Array>) {
  const keys = shake256(idBytes + 32, requireLength(subcredential, 32, 'a subcredential'), shared.reveal());
  return { id: new Uint8Array(keys.subarray(0, idBytes)), cookieKey: keys.subarray(idBytes) };
}
