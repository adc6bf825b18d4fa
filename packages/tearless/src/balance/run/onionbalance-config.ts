// Onionbalance's config.yaml (version 3 services), and both forms of its keys. Texts and bytes in, values out.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { encodeOnionAddress, parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { decodeSecretKeyFile } from '@tearless/tor/onion/key-files.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { parse } from 'yaml';
import { z } from 'zod';
import { BalanceError } from '../balance-error.ts';
import type { FrontendKey } from '../publish/period-keys.ts';

const Instance = z.object({ address: z.string().min(1), name: z.string().min(1).optional() });
const Service = z.object({ key: z.string().min(1), instances: z.array(Instance).min(1) });
/** Further keys are Onionbalance's own affair: log levels, paths of its status socket. */
const OnionbalanceConfig = z.object({ services: z.array(Service).min(1) });

export interface BalancedService {
  /** As it stands there: relative to the file's folder. */
  readonly keyPath: string;
  readonly workers: readonly { readonly id: string; readonly onionAddress: string }[];
}

const refuse = (path: string, message: string, cause?: unknown): BalanceError =>
  new BalanceError({
    kind: 'config',
    code: 'balance-config',
    place: 'config',
    message: `${path}: ${message}`,
    hint: 'expected: services: [{ key: FILE, instances: [{ address: ….onion }] }]',
    subject: path,
    cause,
  });

/**
 * @param path for errors
 * @throws BalanceError `balance-config`
 */
export const parseOnionbalanceConfig = (text: string, path: string): BalancedService[] => {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw refuse(path, error instanceof Error ? error.message : String(error), error);
  }
  const checked = OnionbalanceConfig.safeParse(value);
  if (!checked.success) throw refuse(path, z.prettifyError(checked.error));
  return checked.data.services.map(({ key, instances }) => {
    const workers = instances.map(({ address, name }) => {
      try {
        const onionAddress = encodeOnionAddress(parseOnionAddress(address));
        return { id: name ?? onionAddress.slice(0, 16), onionAddress };
      } catch (error) {
        throw refuse(path, error instanceof Error ? error.message : String(error), error);
      }
    });
    const twice = (values: readonly string[]) => values.find((one, index) => values.indexOf(one) !== index);
    const doubled = twice(workers.map(({ onionAddress }) => onionAddress)) ?? twice(workers.map(({ id }) => id));
    if (doubled !== undefined) throw refuse(path, `the instance ${doubled} stands twice in one service`);
    return { keyPath: key, workers };
  });
};

/** PKCS #8 in PEM, as `onionbalance-config` writes it, or tor's `hs_ed25519_secret_key`. */
const pemBegin = '-----BEGIN';

/**
 * @param path for errors, which say nothing of the content
 * @throws BalanceError `balance-key`
 */
export const decodeFrontendKey = (bytes: Uint8Array, path: string): FrontendKey => {
  const secret = Buffer.from(bytes.subarray(0, pemBegin.length)).equals(Buffer.from(pemBegin))
    ? expandSeed(seedOfPem(bytes, path))
    : secretOfTor(bytes, path);
  const publicKey = publicKeyOf(secret);
  return { address: encodeOnionAddress(publicKey), publicKey, secret };
};

const badKey = (path: string, message: string): BalanceError =>
  new BalanceError({
    kind: 'config',
    code: 'balance-key',
    place: 'config',
    message: `the key ${path} ${message}`,
    hint: "give tor's hs_ed25519_secret_key, or an Ed25519 key in PEM without a passphrase as Onionbalance has it",
    subject: path,
  });

// Causes are left out: what the parsers of keys say could quote them.
const secretOfTor = (bytes: Uint8Array, path: string) => {
  try {
    return decodeSecretKeyFile(bytes);
  } catch {
    throw badKey(path, 'is in neither of the forms that are known');
  }
};

const seedOfPem = (bytes: Uint8Array, path: string): Uint8Array => {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: Buffer.from(bytes), format: 'pem' });
  } catch {
    throw badKey(path, 'cannot be read as PEM without a passphrase');
  }
  const { d } = key.asymmetricKeyType === 'ed25519' ? key.export({ format: 'jwk' }) : {};
  if (d === undefined) throw badKey(path, `is of the type ${key.asymmetricKeyType}, not Ed25519`);
  return new Uint8Array(Buffer.from(d, 'base64url'));
};
