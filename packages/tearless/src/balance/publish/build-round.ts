// The descriptors of one round for one period: a text for each directory, all with one counter. Pure: time and random bytes
// are handed in. Lines and padding are as C tor's own, so nothing tells a balancer from a plain service.
import { certificateExpiryMs } from '@tearless/tor/hsdesc/certificate.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { type IntroPoint, recertifyIntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { saltBytes } from '@tearless/tor/hsdesc/layer-encryption.ts';
import { Bug } from '../../base/error.ts';
import type { PeriodKeys } from '../model/frontend-keys.ts';
import { findPoint, type PointRef } from '../model/layout.ts';
import type { RoundContent } from './content.ts';
import { sealAccess } from './seal-access.ts';

export interface BuildOptions {
  readonly nowMs: number;
  readonly revisionCounter: bigint;
  /** Gives so many random bytes. */
  readonly random: (bytes: number) => Uint8Array;
}

/** As tor writes it. */
const lifetimeMinutes = 180;

/**
 * @returns by fingerprint of the directory
 * @throws TorError `hsdesc-too-large`, `hsdesc-too-many-intro-points`, `onion-bad-public-key` for a client's key
 */
export const buildRound = (keys: PeriodKeys, content: RoundContent, options: BuildOptions): Map<string, string> => {
  const { layout, points, traits, declared, maxBytes } = content;
  const { nowMs, revisionCounter, random } = options;
  const signingCertificate = keys.certify(nowMs);
  const expiresMs = certificateExpiryMs(nowMs);
  const { descriptorCookie, ...access } = sealAccess(declared.clients, keys.keys.subcredential, random);
  // The certificates of a point are the same in every descriptor of the round.
  const remade = new Map<string, IntroPoint>();
  const remake = (ref: PointRef): IntroPoint => {
    const known = remade.get(ref.key);
    if (known !== undefined) return known;
    const point = findPoint(ref, points);
    if (point === undefined) throw new Bug(`the worker ${ref.worker} does not have the introduction point ${ref.key}`);
    const made = { ...recertifyIntroPoint(point, keys.signer, expiresMs), unknown: [] };
    remade.set(ref.key, made);
    return made;
  };
  const texts = new Map<string, string>();
  for (const [directory, refs] of layout.chosen) {
    const salts = random(2 * saltBytes);
    const text = encodeDescriptor(
      {
        lifetimeMinutes,
        signingCertificate,
        revisionCounter,
        middle: { ...access, isCaaCritical: declared.isCaaCritical, unknown: [] },
        inner: {
          create2Formats: [2],
          introAuthRequired: null,
          isSingleOnionService: traits.isSingleOnionService,
          flowControl: traits.flowControl,
          powParams: null,
          caa: declared.caa,
          unknown: [],
          introPoints: refs.map(remake),
        },
        salts: { middle: salts.subarray(0, saltBytes), inner: salts.subarray(saltBytes) },
        descriptorCookie,
      },
      { keys: keys.keys, signer: keys.signer, maxBytes },
    );
    texts.set(directory, text);
  }
  return texts;
};
