// Descriptors of onion services that do not exist, as they themselves would publish them: the workers of the benchmark.
import { certificateExpiryMs } from '@tearless/tor/hsdesc/certificate.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import {
  describeService,
  type MadeIdentity,
  type MadeService,
  makeIntroPoint,
  makeService,
  randomNamed,
} from '@tearless/tor/hsdesc/testing/descriptors.ts';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';

export interface DescriptorWish {
  readonly period: BlindingPeriod;
  readonly points: number;
  readonly nowMs: number;
  /** Another one has another counter and other random bytes, and the same introduction points. */
  readonly version?: number;
  /** Of the point at that place: tor makes a new one now and then. */
  readonly generationOf?: (index: number) => number;
}

export interface MadeDescriptor {
  readonly service: MadeService;
  readonly text: string;
}

export const makeDescriptor = (identity: MadeIdentity, wish: DescriptorWish): MadeDescriptor => {
  const { period, points, nowMs, version = 0, generationOf = () => 0 } = wish;
  const service = makeService(identity, period);
  const expiresMs = certificateExpiryMs(nowMs);
  const introPoints = Array.from({ length: points }, (_, index) =>
    makeIntroPoint(`${identity.address} ${index} ${generationOf(index)}`, service.signer, expiresMs),
  );
  const random = randomNamed(`${identity.address} ${version}`);
  const revisionCounter = 2_000_000_000n + BigInt(version);
  return {
    service,
    text: encodeDescriptor(describeService(service, { introPoints, random, nowMs, revisionCounter }), service),
  };
};
