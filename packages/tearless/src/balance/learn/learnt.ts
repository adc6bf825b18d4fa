// What is worth knowing of a worker's descriptor, every signature checked. It is kept as a short text, in memory and over a
// restart: the descriptor is ten times as long, and its points as objects are five times, of thousands of workers.
import { renderInner } from '@tearless/tor/hsdesc/build/inner.ts';
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { type FlowControl, parseInner } from '@tearless/tor/hsdesc/inner.ts';
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { parseOuter, verifyOuter } from '@tearless/tor/hsdesc/outer.ts';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import { BalanceError } from '../balance-error.ts';
import type { LearnMemory } from './learn-memory.ts';

export interface Learnt {
  /** The period that the descriptor is of. */
  readonly period: BlindingPeriod;
  readonly revisionCounter: bigint;
  /** An inner layer without what is of no use to a frontend: introPointsOf reads it. */
  readonly inner: string;
  readonly flowControl: FlowControl | null;
  readonly isSingleOnionService: boolean;
  readonly learntAtMs: number;
  /** When the first of its certificates ends. */
  readonly validUntilMs: number;
}

export interface DecodeWorkerOptions {
  /** Of the worker, with `.onion`. */
  readonly address: string;
  /** It may be of any of these. */
  readonly periods: readonly BlindingPeriod[];
  readonly nowMs: number;
  readonly memory: LearnMemory;
  /** What is known already: a descriptor of the same period with the same counter is not opened again. */
  readonly known?: Learnt | undefined;
}

/**
 * @throws TorError `hsdesc-…`, `netdoc-…` when it is not the worker's, not whole, too long or expired; BalanceError
 *   `balance-no-points`
 */
export const decodeWorker = (text: string, options: DecodeWorkerOptions): Learnt => {
  const { address, periods, nowMs, memory, known } = options;
  const outer = parseOuter(text);
  const isOf = (period: BlindingPeriod) =>
    Buffer.compare(memory.keysOf(address, period).blindedKey, outer.blindedKey) === 0;
  const [first] = periods;
  if (first === undefined) throw new RangeError('no period was given');
  // Where none fits, the first one says so.
  const period = periods.find(isOf) ?? first;
  const keys = memory.keysOf(address, period);
  const { certificates } = memory;
  if (known?.period.number === period.number && known.revisionCounter === outer.revisionCounter) {
    verifyOuter(outer, { blindedKey: keys.blindedKey, nowMs, memory: certificates });
    return { ...known, learntAtMs: nowMs };
  }
  const { inner, refused } = decodeDescriptor(text, { keys, nowMs, memory: certificates });
  const [problem] = refused;
  if (inner.introPoints.length === 0) {
    throw (
      problem ??
      new BalanceError({ kind: 'failed', code: 'balance-no-points', message: `${address} has no introduction points` })
    );
  }
  const ends = inner.introPoints.flatMap((point) => [point.authKeyCertificate, point.encKeyCertificate]);
  return {
    period: { number: period.number, lengthMinutes: period.lengthMinutes },
    revisionCounter: outer.revisionCounter,
    inner: renderInner({
      create2Formats: [2],
      introAuthRequired: null,
      isSingleOnionService: inner.isSingleOnionService,
      flowControl: inner.flowControl,
      powParams: null,
      caa: [],
      unknown: [],
      introPoints: inner.introPoints.map((point) => ({ ...point, unknown: [] })),
    }),
    flowControl: inner.flowControl,
    isSingleOnionService: inner.isSingleOnionService,
    learntAtMs: nowMs,
    validUntilMs: Math.min(outer.signingCertificate.expiresMs, ...ends.map(({ expiresMs }) => expiresMs)),
  };
};

/** Nothing is checked again. */
export const introPointsOf = ({ inner }: Pick<Learnt, 'inner'>): readonly IntroPoint[] => parseInner(inner).introPoints;

/** From a text that this program kept. @throws TorError for what it did not write */
export const recallLearnt = (kept: Omit<Learnt, 'flowControl' | 'isSingleOnionService'>): Learnt => {
  const { flowControl, isSingleOnionService } = parseInner(kept.inner);
  return { ...kept, flowControl, isSingleOnionService };
};
