// Onion services that do not exist, with descriptors as C tor's own: the workers of the benchmark.
import { hash } from 'node:crypto';
import { certificateExpiryMs, certify, certifyDescriptorSigningKey } from '@tearless/tor/hsdesc/certificate.ts';
import { mixAuthClients } from '@tearless/tor/hsdesc/client-auth.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { blindingFactor, blindSecretKey } from '@tearless/tor/onion/blinding.ts';
import { type DescriptorKeys, deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { type Signer, signerFromExpanded, signerFromSeed } from '@tearless/tor/onion/native-key.ts';
import { ed25519FromCurve25519 } from '@tearless/tor/onion/public-key.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';

export interface Period {
  readonly number: number;
  readonly lengthMinutes: number;
}

/** So many bytes that depend on the name alone. */
export const bytesNamed = (name: string, bytes = 32): Uint8Array =>
  new Uint8Array(hash('shake256', name, { outputEncoding: 'buffer', outputLength: bytes }));

export interface MadeService {
  /** With `.onion`. */
  readonly address: string;
  readonly publicKey: Uint8Array;
  readonly seed: Uint8Array;
}

export const makeService = (name: string): MadeService => {
  const seed = bytesNamed(`${name} identity`);
  const publicKey = publicKeyOf(expandSeed(seed));
  return { address: encodeOnionAddress(publicKey), publicKey, seed };
};

const makePoint = (name: string, signer: Signer, expiresMs: number): IntroPoint => {
  const encKey = bytesNamed(`${name} enc`);
  const rsa = Buffer.from(bytesNamed(`${name} rsa`, 20))
    .toString('hex')
    .toUpperCase();
  return {
    linkSpecifiers: [
      { kind: 'ipv4', address: '192.0.2.7', port: 9001 },
      { kind: 'rsa-id', fingerprint: rsa },
      { kind: 'ed25519-id', id: bytesNamed(`${name} relay`) },
    ],
    onionKey: bytesNamed(`${name} onion`),
    authKeyCertificate: certify({ type: 9, certifiedKey: bytesNamed(`${name} auth`), expiresMs, signer }),
    encKey,
    encKeyCertificate: certify({ type: 11, certifiedKey: ed25519FromCurve25519(encKey), expiresMs, signer }),
    unknown: [],
  };
};

export interface MadeDescriptor {
  readonly service: MadeService;
  readonly keys: DescriptorKeys;
  readonly text: string;
}

/**
 * What the service itself would publish.
 *
 * @param version another one has another counter and other random bytes, and the same introduction points
 */
export const makeDescriptor = (
  service: MadeService,
  period: Period,
  {
    points,
    nowMs,
    version = 0,
    generationOf = () => 0,
  }: {
    readonly points: number;
    readonly nowMs: number;
    readonly version?: number;
    /** Of the point at that place: tor makes a new one now and then. */
    readonly generationOf?: (index: number) => number;
  },
): MadeDescriptor => {
  const { address, publicKey, seed } = service;
  const keys = deriveDescriptorKeys(publicKey, period);
  const blinded = signerFromExpanded(blindSecretKey(expandSeed(seed), blindingFactor(publicKey, period)));
  const signer = signerFromSeed(bytesNamed(`${address} signing`));
  const expiresMs = certificateExpiryMs(nowMs);
  let drawn = 0;
  const random = (bytes: number): Uint8Array => bytesNamed(`${address} ${version} ${drawn++}`, bytes);
  const text = encodeDescriptor(
    {
      lifetimeMinutes: 180,
      signingCertificate: certifyDescriptorSigningKey(blinded, signer.publicKey, expiresMs),
      revisionCounter: 2_000_000_000n + BigInt(version),
      middle: { ephemeralKey: random(32), authClients: mixAuthClients([], random), isCaaCritical: false, unknown: [] },
      inner: {
        create2Formats: [2],
        introAuthRequired: null,
        isSingleOnionService: false,
        flowControl: { versions: '1-2', sendmeIncrement: 31 },
        powParams: null,
        caa: [],
        unknown: [],
        introPoints: Array.from({ length: points }, (_, index) =>
          makePoint(`${address} ${index} ${generationOf(index)}`, signer, expiresMs),
        ),
      },
      salts: { middle: random(16), inner: random(16) },
      descriptorCookie: null,
    },
    { keys, signer },
  );
  return { service, keys, text };
};
