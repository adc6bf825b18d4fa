// Fuzz target: what of onion services comes as small texts and files: addresses, keys, client authorization, link specifiers.

import {
  parseClientCredential,
  parseClientKey,
  renderClientCredential,
  renderClientKey,
} from '../src/hsdesc/client-auth-files.ts';
import { parseOnionAddress } from '../src/onion/address.ts';
import { decodePublicKeyFile, decodeSecretKeyFile, encodeKeyFiles } from '../src/onion/key-files.ts';
import { decodeLinkSpecifiers, encodeLinkSpecifiers } from '../src/onion/link-specifier.ts';
import { expandSeed, publicKeyOf } from '../src/onion/secret-key.ts';
import { Sensitive } from '../src/sensitive.ts';
import { type FuzzOptions, fuzzMain } from './harness.ts';

const secret = expandSeed(new Uint8Array(32).fill(7));
const publicKey = publicKeyOf(secret);
const files = encodeKeyFiles(secret);
const specifiers = encodeLinkSpecifiers([
  { kind: 'ipv4', address: '192.0.2.7', port: 9001 },
  { kind: 'ipv6', address: '2001:db8::1', port: 9001 },
  { kind: 'ed25519-id', id: publicKey },
  { kind: 'other', type: 9, data: Uint8Array.of(1, 2, 3) },
]);

/** The first byte says which reader gets the rest. */
const readers: readonly ((bytes: Uint8Array) => void)[] = [
  (bytes) => void parseOnionAddress(text(bytes)),
  (bytes) => void decodeSecretKeyFile(bytes),
  (bytes) => void decodePublicKeyFile(bytes),
  (bytes) => void encodeLinkSpecifiers(decodeLinkSpecifiers(bytes)),
  (bytes) => void parseClientKey(text(bytes)),
  (bytes) => void parseClientCredential(text(bytes)),
];
const inputs = [
  Buffer.from(files.hostname.trim()),
  files.hs_ed25519_secret_key.reveal(),
  files.hs_ed25519_public_key,
  specifiers,
  Buffer.from(renderClientKey(publicKey)),
  Buffer.from(renderClientCredential({ publicKey, secret: new Sensitive(new Uint8Array(32)) }).reveal()),
];

export const onionFuzz: FuzzOptions = {
  name: 'onion',
  corpus: inputs.map((bytes, i) => Uint8Array.of(i, ...bytes)),
  maxBytes: 512,
  target: (bytes) => readers[(bytes[0] ?? 0) % readers.length]?.(bytes.subarray(1)),
};

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

if (import.meta.main) fuzzMain(onionFuzz);
