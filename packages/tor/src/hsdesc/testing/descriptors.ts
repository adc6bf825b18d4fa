// Descriptors of services that do not exist, for tests and for the fuzzer: every secret comes from a seed.
import { createHash } from 'node:crypto';
import { encodeOnionAddress } from '../../onion/address.ts';
import { type BlindingPeriod, blindingFactor, blindSecretKey } from '../../onion/blinding.ts';
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

export interface MadeIdentity {
  readonly name: string;
  /** With `.onion`. */
  readonly address: string;
  readonly publicKey: Uint8Array;
  readonly seed: Uint8Array;
}

export function makeIdentity(name: string): MadeIdentity {
  const seed = bytesNamed(`${name} identity`);
  const publicKey = publicKeyOf(expandSeed(seed));
  return { name, address: encodeOnionAddress(publicKey), publicKey, seed };
}

export interface MadeService extends MadeIdentity {
  readonly keys: DescriptorKeys;
  readonly blinded: Signer;
  readonly signer: Signer;
}

/** With the keys of a time period. */
export function makeService(of: string | MadeIdentity, at: BlindingPeriod = period): MadeService {
  const identity = typeof of === 'string' ? makeIdentity(of) : of;
  const { name, publicKey, seed } = identity;
  return {
    ...identity,
    keys: deriveDescriptorKeys(publicKey, at),
    blinded: signerFromExpanded(blindSecretKey(expandSeed(seed), blindingFactor(publicKey, at))),
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

export interface ContentWish {
  readonly introPoints: readonly IntroPoint[];
  readonly random: (bytes: number) => Uint8Array;
  readonly nowMs?: number | undefined;
  readonly revisionCounter?: bigint | undefined;
}

/** As C tor's own of a service that is open to all. */
export function describeService({ blinded, signer }: Pick<MadeService, 'blinded' | 'signer'>, wish: ContentWish) {
  const { introPoints, random, nowMs: atMs = nowMs, revisionCounter = 2_695_743_564n } = wish;
  return {
    lifetimeMinutes: 180,
    signingCertificate: certifyDescriptorSigningKey(blinded, signer.publicKey, certificateExpiryMs(atMs)),
    revisionCounter,
    middle: { ephemeralKey: random(32), authClients: mixAuthClients([], random), isCaaCritical: false, unknown: [] },
    inner: {
      create2Formats: [2],
      introAuthRequired: null,
      isSingleOnionService: false,
      flowControl: { versions: '1-2', sendmeIncrement: 31 },
      powParams: null,
      caa: [],
      unknown: [],
      introPoints,
    },
    salts: { middle: random(16), inner: random(16) },
    descriptorCookie: null,
  } satisfies DescriptorContent;
}

export function makeContent(name: string, service: MadeService, introPoints: number): DescriptorContent {
  const points = Array.from({ length: introPoints }, (_, i) => makeIntroPoint(`${name} point ${i}`, service.signer));
  return describeService(service, { introPoints: points, random: randomNamed(name) });
}
