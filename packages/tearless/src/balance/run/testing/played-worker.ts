// A worker whose descriptors are made as its tor would make them, and a helper that says what a test lets it say.
import { certificateExpiryMs } from '@tearless/tor/hsdesc/certificate.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import {
  describeService,
  type MadeIdentity,
  makeIdentity,
  makeIntroPoint,
  makeService,
  randomNamed,
} from '@tearless/tor/hsdesc/testing/descriptors.ts';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import type { HelperHeard, WorkerHelper } from '../../model/worker-helper.ts';

export interface DescriptorWanted {
  readonly period: BlindingPeriod;
  readonly nowMs: number;
  readonly counter?: bigint;
  /** Other points have other names. */
  readonly points?: readonly string[];
}

/** Distributes over a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export class PlayedWorker {
  readonly id: string;
  readonly onionAddress: string;
  readonly #identity: MadeIdentity;
  #hear: (heard: HelperHeard) => void = () => {};

  constructor(id: string) {
    this.id = id;
    this.#identity = makeIdentity(id);
    this.onionAddress = this.#identity.address;
  }

  readonly helper: WorkerHelper = {
    follow: async (hear, signal) => {
      this.#hear = hear;
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
  };

  say(heard: Without<HelperHeard, 'atMs'>, atMs: number): void {
    this.#hear({ ...heard, atMs } as HelperHeard);
  }

  makeDescriptor({ period, nowMs, counter = 1000n, points = ['1', '2', '3'] }: DescriptorWanted): string {
    const service = makeService(this.#identity, period);
    const expiresMs = certificateExpiryMs(nowMs);
    const introPoints = points.map((point) => makeIntroPoint(`${this.id} ${point}`, service.signer, expiresMs));
    const random = randomNamed(this.id);
    return encodeDescriptor(
      describeService(service, { introPoints, random, nowMs, revisionCounter: counter }),
      service,
    );
  }
}
