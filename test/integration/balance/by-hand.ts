// Descriptors of the frontend published by hand: what directories and clients make of a certificate is asked of them alone.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import { certificateExpiryMs } from '@tearless/tor/hsdesc/certificate.ts';
import { mixAuthClients } from '@tearless/tor/hsdesc/client-auth.ts';
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { type IntroPoint, recertifyIntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { parseOuter } from '@tearless/tor/hsdesc/outer.ts';
import type { Ed25519Certificate } from '@tearless/tor/netdoc/ed25519-certificate.ts';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { bareAddress } from '../../../packages/tearless/src/balance/learn/fetch-descriptor.ts';
import { listDirectories } from '../../../packages/tearless/src/balance/learn/network-view.ts';
import type { PeriodKeys } from '../../../packages/tearless/src/balance/model/frontend-keys.ts';
import { type UploadResult, uploadDescriptor } from '../../../packages/tearless/src/balance/publish/upload.ts';
import type { LabWorker } from './onion-lab.ts';
import { patienceMs, readView } from './steady.ts';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** What a tor has for its own service; undefined while it has none. */
export const readOwnDescriptor = (control: Controller, address: string): Promise<string | undefined> =>
  control.getInfo(`hs/service/desc/id/${bareAddress(address)}`).then(
    (text) => (text === '' ? undefined : text),
    (error: unknown) => {
      if (error instanceof TorError && error.code !== 'control-closed') return undefined;
      throw error;
    },
  );

/** The introduction points of a worker, as its own tor has them: between two descriptors it has none for a moment. */
export const readPoints = async ({ address, tor }: LabWorker): Promise<readonly IntroPoint[]> => {
  const control = await tor.control;
  const read = async (): Promise<readonly IntroPoint[] | undefined> => {
    const { periods } = await readView(tor);
    const text = await readOwnDescriptor(control, address);
    if (text === undefined) return undefined;
    const { blindedKey } = parseOuter(text);
    const keys = periods
      .map(({ slot }) => deriveDescriptorKeys(parseOnionAddress(address), slot.period))
      .find((one) => Buffer.compare(one.blindedKey, blindedKey) === 0);
    if (keys === undefined) return undefined;
    const { introPoints } = decodeDescriptor(text, { keys, nowMs: Date.now() }).inner;
    return introPoints.length > 0 ? introPoints : undefined;
  };
  return waitFor(read, { what: `introduction points of ${address}`, timeoutMs: patienceMs, intervalMs: 250 });
};

export interface HandMade {
  readonly address: string;
  readonly keys: PeriodKeys;
  readonly points: readonly IntroPoint[];
  readonly signingCertificate: Ed25519Certificate;
  readonly revisionCounter: bigint;
}

export const encodeByHand = ({
  keys,
  points,
  signingCertificate,
  revisionCounter,
}: Omit<HandMade, 'address'>): string =>
  encodeDescriptor(
    {
      lifetimeMinutes: 180,
      signingCertificate,
      revisionCounter,
      middle: {
        ephemeralKey: random(32),
        authClients: mixAuthClients([], random),
        isCaaCritical: false,
        unknown: [],
      },
      inner: {
        create2Formats: [2],
        introAuthRequired: null,
        isSingleOnionService: false,
        flowControl: null,
        powParams: null,
        caa: [],
        unknown: [],
        introPoints: points.map((point) => recertifyIntroPoint(point, keys.signer, certificateExpiryMs(Date.now()))),
      },
      salts: { middle: random(16), inner: random(16) },
      descriptorCookie: null,
    },
    { keys: keys.keys, signer: keys.signer },
  );

/** One descriptor to all directories of its period. */
export const publishByHand = async (node: NetworkNode, made: HandMade): Promise<UploadResult[]> => {
  const { address, keys } = made;
  const control = await node.control;
  const view = await readView(node);
  const period = view.periods.find(({ slot }) => slot.period.number === keys.period.number);
  assert.ok(period !== undefined, 'the period is over');
  const text = encodeByHand(made);
  return Promise.all(
    listDirectories(period, keys.keys.blindedKey, view.sizes).map(({ fingerprint: directory }) =>
      uploadDescriptor(control, { address, directory, text }, AbortSignal.timeout(patienceMs)),
    ),
  );
};
