// A worker whose descriptors are made as its tor would make them, and a helper that says what a test lets it say.
import { certificateExpiryMs, certifyDescriptorSigningKey } from '@tearless/tor/hsdesc/certificate.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { bytesNamed, makeContent, makeIntroPoint } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { type BlindingPeriod, blindingFactor, blindSecretKey } from '@tearless/tor/onion/blinding.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { signerFromExpanded, signerFromSeed } from '@tearless/tor/onion/native-key.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
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
  readonly #secret;
  #hear: (heard: HelperHeard) => void = () => {};

  constructor(id: string) {
    this.id = id;
    this.#secret = expandSeed(bytesNamed(`${id} identity`));
    this.onionAddress = encodeOnionAddress(publicKeyOf(this.#secret));
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
    const publicKey = publicKeyOf(this.#secret);
    const keys = deriveDescriptorKeys(publicKey, period);
    const blinded = signerFromExpanded(blindSecretKey(this.#secret, blindingFactor(publicKey, period)));
    const signer = signerFromSeed(bytesNamed(`${this.id} signing`));
    const expiresMs = certificateExpiryMs(nowMs);
    const content = makeContent(this.id, { publicKey, keys, blinded, signer }, 0);
    const introPoints = points.map((point) => makeIntroPoint(`${this.id} ${point}`, signer, expiresMs));
    return encodeDescriptor(
      {
        ...content,
        revisionCounter: counter,
        signingCertificate: certifyDescriptorSigningKey(blinded, signer.publicKey, expiresMs),
        inner: { ...content.inner, introPoints },
      },
      { keys, signer },
    );
  }
}
