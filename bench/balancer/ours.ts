// The work of bench/balancer.ts by Tearless, in the steps in which the balancer does it.
import { randomBytes } from 'node:crypto';
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { readMicrodescriptors } from '@tearless/tor/netdoc/microdescriptor.ts';
import { listHsDirs } from '@tearless/tor/onion/hsdirs.ts';
import { buildRing, type HsDirRing } from '@tearless/tor/onion/ring.ts';
import { planOnionSchedule } from '@tearless/tor/onion/schedule.ts';
import type { PeriodKeys } from 'tearless/balance/model/frontend-keys.ts';
import { pointKey } from 'tearless/balance/model/layout.ts';
import { buildRound } from 'tearless/balance/publish/build-round.ts';
import type { RoundContent } from 'tearless/balance/publish/content.ts';
import type { NetworkDocuments } from './network.ts';

export const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));

/** A round of one descriptor with these points. */
export const describeRound = (introPoints: readonly IntroPoint[], nowMs: number): RoundContent => {
  const worker = { id: 'w', onionAddress: '', weight: 1, state: 'in' } as const;
  const refs = introPoints.map((point, index) => ({ worker: worker.id, index, key: pointKey(point) }));
  return {
    layout: { policy: 'single', round: 0, chosen: new Map([['the only one', refs]]), copies: new Map() },
    points: [{ worker, introPoints, learntAtMs: nowMs, descriptorValidForMs: 3_600_000 }],
    traits: { flowControl: { versions: '1-2', sendmeIncrement: 31 }, isSingleOnionService: false },
    declared: { clients: [], caa: [], isCaaCritical: false },
  };
};

/**
 * Two certificates a point, the signing key's by the blinded key, and the signature of the whole. Padding and decoys as C tor
 * has them.
 */
export const buildDescriptor = (
  keys: PeriodKeys,
  content: RoundContent,
  { nowMs, runStartMs }: { readonly nowMs: number; readonly runStartMs: number },
): string => {
  const revisionCounter = keys.counters.at(nowMs, runStartMs);
  const [text = ''] = buildRound(keys, content, { nowMs, revisionCounter, random }).values();
  return text;
};

/** From the documents of the control port to the ring of one descriptor. */
export const readRing = ({ consensus, microdescs }: NetworkDocuments): HsDirRing => {
  const parsed = parseConsensus(consensus);
  const { hsDirs } = listHsDirs(parsed.routers, readMicrodescriptors(microdescs));
  return buildRing(hsDirs, planOnionSchedule(parsed).first);
};
