// Descriptors of services that do not exist, for tests and for the fuzzer: every secret comes from a seed.
import { createHash } from 'node:crypto';
import { blindingFactor, blindSecretKey } from '../../onion/blinding.ts';
import { type DescriptorKeys, deriveDescriptorKeys } from '../../onion/credential.ts';
import { type Signer, signerFromExpanded, signerFromSeed } from '../../onion/native-key.ts';
import { ed25519FromCurve25519 } from '../../onion/public-key.ts';
import { expandSeed, publicKeyOf } from '../../onion/secret-key.ts';
import { certificateExpiryMs, certify, certifyDescriptorSigningKey } from '../certificate.ts';
import { mixAuthClients } from '../client-auth.ts';
import type { DescriptorContent } from '../encode-descriptor.ts';
import type { IntroPoint } from '../intro-point.ts';

export const nowMs = Date.UTC(2026, 0, 10, 3, 20);
export const period = { number: 20_463, lengthMinutes: 1440 };

/** So many bytes that depend on the name alone. */
export const bytesNamed = (name: string, length = 32): Uint8Array =>
  new Uint8Array(createHash('shake256', { outputLength: length }).update(name).digest());

/** Random bytes as a function, the same ones for the same name. */
export function randomNamed(name: string): (bytes: number) => Uint8Array {
  let count = 0;
  return (bytes) => bytesNamed(`${name} ${count++}`, bytes);
}

export interface MadeService {
  readonly publicKey: Uint8Array;
  readonly keys: DescriptorKeys;
  readonly blinded: Signer;
  readonly signer: Signer;
}

export function makeService(name: string): MadeService {
  const secret = expandSeed(bytesNamed(`${name} identity`));
  const publicKey = publicKeyOf(secret);
  return {
    publicKey,
    keys: deriveDescriptorKeys(publicKey, period),
    blinded: signerFromExpanded(blindSecretKey(secret, blindingFactor(publicKey, period))),
    signer: signerFromSeed(bytesNamed(`${name} signing`)),
  };
}

export function makeIntroPoint(name: string, signer: Signer, expiresMs = certificateExpiryMs(nowMs)): IntroPoint {
  const encKey = bytesNamed(`${name} enc`);
  return {
    linkSpecifiers: [
      { kind: 'ipv4', address: '192.0.2.7', port: 9001 },
      {
        kind: 'rsa-id',
        fingerprint: Buffer.from(bytesNamed(`${name} rsa`, 20))
          .toString('hex')
          .toUpperCase(),
      },
      { kind: 'ed25519-id', id: bytesNamed(`${name} ed`) },
    ],
    onionKey: bytesNamed(`${name} onion`),
    authKeyCertificate: certify({ type: 9, certifiedKey: bytesNamed(`${name} auth`), expiresMs, signer }),
    encKey,
    encKeyCertificate: certify({ type: 11, certifiedKey: ed25519FromCurve25519(encKey), expiresMs, signer }),
    unknown: [],
  };
}

export function makeContent(name: string, { blinded, signer }: MadeService, introPoints: number): DescriptorContent {
  const random = randomNamed(name);
  return {
    lifetimeMinutes: 180,
    signingCertificate: certifyDescriptorSigningKey(blinded, signer.publicKey, certificateExpiryMs(nowMs)),
    revisionCounter: 2_695_743_564n,
    middle: { ephemeralKey: random(32), authClients: mixAuthClients([], random), isCaaCritical: false, unknown: [] },
    inner: {
      create2Formats: [2],
      introAuthRequired: null,
      isSingleOnionService: false,
      flowControl: { versions: '1-2', sendmeIncrement: 31 },
      powParams: null,
      caa: [],
      unknown: [],
      introPoints: Array.from({ length: introPoints }, (_, i) => makeIntroPoint(`${name} point ${i}`, signer)),
    },
    salts: { middle: random(16), inner: random(16) },
    descriptorCookie: null,
  };
}
