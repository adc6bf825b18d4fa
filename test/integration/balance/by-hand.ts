// Descriptors of the frontend published by hand: what directories and clients make of a certificate is asked of them alone.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
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
import {
  fetchedPeriod,
  listDirectories,
  type PeriodView,
  readNetworkView,
} from '../../../packages/tearless/src/balance/learn/network-view.ts';
import type { PeriodKeys } from '../../../packages/tearless/src/balance/model/frontend-keys.ts';
import { type UploadResult, uploadDescriptor } from '../../../packages/tearless/src/balance/publish/upload.ts';
import type { LabWorker } from './onion-lab.ts';

const timeoutMs = 60_000;
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** What a tor's consensus says clients look for, and how many seconds are left of it. */
export const readPeriod = async (node: NetworkNode): Promise<PeriodView & { readonly restMs: number }> => {
  const period = fetchedPeriod(await readNetworkView(await node.control, true));
  return { ...period, restMs: period.slot.period.endMs - Date.now() };
};

/** Resolves when that tor's clients look for the descriptor of a later period. */
export const untilPeriodAfter = async (node: NetworkNode, number: number): Promise<void> => {
  const control = await node.control;
  await using events = control.events('NEWCONSENSUS', { signal: AbortSignal.timeout(15 * 60_000) });
  while ((await readPeriod(node)).slot.period.number <= number) {
    const { done } = await events[Symbol.asyncIterator]().next();
    assert.ok(done !== true, 'no later time period came');
  }
};

/** The period that clients read, with time enough left for what is to be done within it. */
export const periodWithRest = async (node: NetworkNode, leastMs: number): ReturnType<typeof readPeriod> => {
  const period = await readPeriod(node);
  if (period.restMs >= leastMs) return period;
  await untilPeriodAfter(node, period.slot.period.number);
  return readPeriod(node);
};

/** The introduction points of a worker, as its own tor has them. */
export const readPoints = async ({ address, tor }: LabWorker): Promise<readonly IntroPoint[]> => {
  const control = await tor.control;
  const text = await control.getInfo(`hs/service/desc/id/${bareAddress(address)}`);
  const { periods } = await readNetworkView(control, true);
  const { blindedKey } = parseOuter(text);
  const keys = periods
    .map(({ slot }) => deriveDescriptorKeys(parseOnionAddress(address), slot.period))
    .find((one) => Buffer.compare(one.blindedKey, blindedKey) === 0);
  assert.ok(keys !== undefined, 'its descriptor is of neither period');
  return decodeDescriptor(text, { keys, nowMs: Date.now() }).inner.introPoints;
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
  const view = await readNetworkView(control, true);
  const period = view.periods.find(({ slot }) => slot.period.number === keys.period.number);
  assert.ok(period !== undefined, 'the period is over');
  const text = encodeByHand(made);
  return Promise.all(
    listDirectories(period, keys.keys.blindedKey, view.sizes).map(({ fingerprint: directory }) =>
      uploadDescriptor(control, { address, directory, text }, AbortSignal.timeout(timeoutMs)),
    ),
  );
};
