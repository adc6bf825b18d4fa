// A worker's introduction points from the descriptor that it publishes itself: fetched from its directories, one after the
// other, the highest counter kept, every signature checked. What is worth knowing of it, as a value.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import type { CertificateMemory } from '@tearless/tor/hsdesc/certificate.ts';
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import type { FlowControl } from '@tearless/tor/hsdesc/inner.ts';
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import type { Clock } from '../../base/clock.ts';
import { isDescribedError } from '../../base/error.ts';
import type { Random } from '../../stats/random/random.ts';
import { shuffle } from '../../stats/random/shuffle.ts';
import { BalanceError } from '../balance-error.ts';
import type { Directory } from '../model/directory.ts';
import { fetchDescriptor } from './fetch-descriptor.ts';
import { fetchedPeriod, listDirectories, type NetworkView } from './network-view.ts';

/** What a worker's descriptor says. */
export interface Learnt {
  /** The descriptor itself, to be kept over a restart. */
  readonly text: string;
  /** Number and length of the period that it was fetched in. */
  readonly period: { readonly number: number; readonly lengthMinutes: number };
  readonly revisionCounter: bigint;
  readonly introPoints: readonly IntroPoint[];
  readonly flowControl: FlowControl | null;
  readonly isSingleOnionService: boolean;
  readonly learntAtMs: number;
  /** When the first of its certificates ends. */
  readonly validUntilMs: number;
}

export interface LearnOptions {
  readonly controller: Controller;
  readonly view: NetworkView;
  /** With `.onion`. */
  readonly address: string;
  readonly clock: Clock;
  readonly memory: CertificateMemory;
  readonly random: Random;
  readonly signal: AbortSignal;
}

export interface Refusal {
  /** Code of the error: `hsdesc-bad-signature`. */
  readonly reason: string;
  readonly why: string;
}

export interface LearnOutcome {
  /** Undefined when no directory had a good one. */
  readonly learnt: Learnt | undefined;
  /** Of each directory that did not help: why. */
  readonly problems: readonly string[];
  /** What directories gave and was not taken. */
  readonly refusals: readonly Refusal[];
}

/** So many directories are asked for one answer each; a second one tells a new descriptor from one that was left behind. */
const wantedAnswers = 2;

/** Reads a descriptor of that period. @throws TorError when it is not the worker's, not whole or expired */
export const decodeWorker = (
  text: string,
  address: string,
  period: { readonly number: number; readonly lengthMinutes: number },
  nowMs: number,
  memory?: CertificateMemory,
): Learnt => {
  const keys = deriveDescriptorKeys(parseOnionAddress(address), period);
  const { outer, inner, refused } = decodeDescriptor(text, { keys, nowMs, memory });
  const [problem] = refused;
  if (inner.introPoints.length === 0) {
    throw (
      problem ??
      new BalanceError({ kind: 'failed', code: 'balance-no-points', message: `${address} has no introduction points` })
    );
  }
  const ends = inner.introPoints.flatMap((point) => [point.authKeyCertificate, point.encKeyCertificate]);
  return {
    text,
    period: { number: period.number, lengthMinutes: period.lengthMinutes },
    revisionCounter: outer.revisionCounter,
    introPoints: inner.introPoints,
    flowControl: inner.flowControl,
    isSingleOnionService: inner.isSingleOnionService,
    learntAtMs: nowMs,
    validUntilMs: Math.min(outer.signingCertificate.expiresMs, ...ends.map(({ expiresMs }) => expiresMs)),
  };
};

/** @throws TorError when the control connection is gone; what a directory or a worker does wrong is in the outcome */
export const learnWorker = async (options: LearnOptions): Promise<LearnOutcome> => {
  const { controller, view, address, clock, memory, random, signal } = options;
  const period = fetchedPeriod(view);
  const { blindedKey } = deriveDescriptorKeys(parseOnionAddress(address), period.slot.period);
  const problems: string[] = [];
  const refusals: Refusal[] = [];
  let learnt: Learnt | undefined;
  let answers = 0;
  for (const { fingerprint } of shuffleByReplica(listDirectories(period, blindedKey, view.sizes), random)) {
    try {
      const text = await fetchDescriptor(controller, { address, directory: fingerprint, signal });
      const found = decodeWorker(text, address, period.slot.period, clock.now(), memory);
      if (learnt === undefined || found.revisionCounter > learnt.revisionCounter) learnt = found;
      answers += 1;
      if (answers === wantedAnswers) break;
    } catch (error) {
      if (signal.aborted || isConnectionLost(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      problems.push(`${fingerprint.slice(0, 8)}: ${why}`);
      if (isDescribedError(error) && error.code !== 'balance-fetch-failed') refusals.push({ reason: error.code, why });
    }
  }
  return { learnt, problems, refusals };
};

/** True when it makes no sense to ask the same tor something else. */
export const isConnectionLost = (error: unknown): boolean =>
  error instanceof TorError && error.code === 'control-closed';

/** Those that clients ask, in random order, the replicas in turn. */
const shuffleByReplica = (directories: readonly Directory[], random: Random): Directory[] => {
  const seen = new Map<number, number>();
  return shuffle(
    directories.filter(({ isFetched }) => isFetched),
    random,
  )
    .map((directory) => {
      const replica = directory.replicas[0] ?? 0;
      const turn = seen.get(replica) ?? 0;
      seen.set(replica, turn + 1);
      return { directory, turn };
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ directory }) => directory);
};
