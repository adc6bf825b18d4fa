// Private addresses: where a worker publishes nothing under its own address, the balancer reaches it by an address that only the
// two know. Its key follows from one secret of the balancer's, so nothing has to be kept for each worker. Pure.
import { createHmac } from 'node:crypto';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { type Revealable, Sensitive } from '@tearless/tor/sensitive.ts';
import { BalanceError } from '../balance-error.ts';
import type { FrontendKey } from '../publish/period-keys.ts';

/** 32 random bytes. */
export type ProbeSecret = Revealable<Uint8Array>;

const secretBytes = 32;
const label = 'tearless-probe-secret-v1';

/** What the file of the secret holds; to be written with mode 0600. */
export const renderProbeSecret = (secret: ProbeSecret): Sensitive<string> =>
  new Sensitive(`${label} ${Buffer.from(secret.reveal()).toString('base64')}\n`);

/**
 * @param path for errors, which say nothing of the content
 * @throws BalanceError `balance-key`
 */
export const parseProbeSecret = (text: Revealable<string>, path: string): Sensitive<Uint8Array> => {
  const [, base64 = ''] = new RegExp(`^${label} ([A-Za-z0-9+/]{43}=)\n?$`).exec(text.reveal()) ?? [];
  const secret = new Uint8Array(Buffer.from(base64, 'base64'));
  if (secret.length === secretBytes) return new Sensitive(secret);
  throw new BalanceError({
    kind: 'config',
    code: 'balance-key',
    message: `${path} does not hold the secret of private addresses`,
    hint: 'bring it back from a copy; without it, remove the file and deploy the workers again: they get other private addresses',
    subject: path,
  });
};

/** @param randomBytes gives so many random bytes */
export const makeProbeSecret = (randomBytes: (bytes: number) => Uint8Array): Sensitive<Uint8Array> =>
  new Sensitive(randomBytes(secretBytes));

/**
 * The private address of a worker, the same each time. It has no client authorization: it is a secret of 256 bits itself, of
 * which directories see blinded keys only; a client's key would lie beside the one that it follows from, and tor would have
 * to be told of it anew with each start. At the worker it lies in ob_config, beside the keys of the service.
 *
 * @param pair the frontend's address, and what names the worker for good
 */
export const derivePrivateKey = (
  secret: ProbeSecret,
  pair: { readonly frontend: string; readonly worker: string },
): FrontendKey => {
  const seed = createHmac('sha256', secret.reveal())
    .update(`private address\n${pair.frontend}\n${pair.worker}`)
    .digest();
  const expanded = expandSeed(new Uint8Array(seed));
  const publicKey = publicKeyOf(expanded);
  return { address: encodeOnionAddress(publicKey), publicKey, secret: expanded };
};
