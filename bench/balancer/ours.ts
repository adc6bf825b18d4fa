// The work of bench/balancer.ts by Tearless's library, in the steps in which the balancer does it.
import { randomBytes } from 'node:crypto';
import { certificateExpiryMs } from '@tearless/tor/hsdesc/certificate.ts';
import { mixAuthClients } from '@tearless/tor/hsdesc/client-auth.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { type IntroPoint, recertifyIntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { parseMicrodescriptors } from '@tearless/tor/netdoc/microdescriptor.ts';
import { listHsDirs } from '@tearless/tor/onion/hsdirs.ts';
import { buildRing, type HsDirRing } from '@tearless/tor/onion/ring.ts';
import { planOnionSchedule } from '@tearless/tor/onion/schedule.ts';
import type { PeriodKeys } from 'tearless/balance/model/frontend-keys.ts';
import type { NetworkDocuments } from './network.ts';

export const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));

/**
 * A descriptor with these points: two certificates a point, the signing key's by the blinded key, and the signature of the
 * whole. Padding and decoys as C tor has them.
 */
export const buildDescriptor = (
  { keys, signer, counters, certify }: PeriodKeys,
  points: readonly IntroPoint[],
  { nowMs, runStartMs }: { readonly nowMs: number; readonly runStartMs: number },
): string => {
  const expiresMs = certificateExpiryMs(nowMs);
  return encodeDescriptor(
    {
      lifetimeMinutes: 180,
      signingCertificate: certify(nowMs),
      revisionCounter: counters.at(nowMs, runStartMs),
      middle: { ephemeralKey: random(32), authClients: mixAuthClients([], random), isCaaCritical: false, unknown: [] },
      inner: {
        create2Formats: [2],
        introAuthRequired: null,
        isSingleOnionService: false,
        flowControl: { versions: '1-2', sendmeIncrement: 31 },
        powParams: null,
        caa: [],
        unknown: [],
        introPoints: points.map((point) => recertifyIntroPoint(point, signer, expiresMs)),
      },
      salts: { middle: random(16), inner: random(16) },
      descriptorCookie: null,
    },
    { keys, signer },
  );
};

/** From the documents of the control port to the ring of one descriptor. */
export const readRing = ({ consensus, microdescs }: NetworkDocuments): HsDirRing => {
  const parsed = parseConsensus(consensus);
  const { hsDirs } = listHsDirs(parsed.routers, parseMicrodescriptors(microdescs));
  return buildRing(hsDirs, planOnionSchedule(parsed).first);
};
