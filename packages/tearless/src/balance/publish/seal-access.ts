// Who may read a round: the ephemeral key, the lines of authorized clients among decoys, and the cookie that the inner layer is
// encrypted with. As in C tor they are made once a round and stand in all of its descriptors. rend-spec-v3 §2.5.1.2.
import { cookieBytes, mixAuthClients, sealCookie } from '@tearless/tor/hsdesc/client-auth.ts';
import type { MiddleLayer } from '@tearless/tor/hsdesc/middle.ts';
import { x25519PublicKey } from '@tearless/tor/onion/x25519.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';

export interface SealedAccess extends Pick<MiddleLayer, 'ephemeralKey' | 'authClients'> {
  /** Null: everyone who knows the address may read it. */
  readonly descriptorCookie: Sensitive<Uint8Array> | null;
}

/**
 * @param clients X25519 keys, 32 bytes each
 * @param random gives so many random bytes
 * @throws TorError `onion-bad-public-key` for a client's key with which everyone could read it
 */
export const sealAccess = (
  clients: readonly Uint8Array[],
  subcredential: Uint8Array,
  random: (bytes: number) => Uint8Array,
): SealedAccess => {
  const ephemeralSecret = new Sensitive(random(32));
  // A key pair also where nobody needs it: random bytes are not always a key, and would tell that there are no clients.
  const ephemeralKey = x25519PublicKey(ephemeralSecret);
  if (clients.length === 0) return { ephemeralKey, authClients: mixAuthClients([], random), descriptorCookie: null };
  const cookie = new Sensitive(random(cookieBytes));
  const sealed = clients.map((clientKey) =>
    sealCookie({ subcredential, ephemeralSecret, clientKey, cookie, iv: random(16) }),
  );
  return { ephemeralKey, authClients: mixAuthClients(sealed, random), descriptorCookie: cookie };
};
