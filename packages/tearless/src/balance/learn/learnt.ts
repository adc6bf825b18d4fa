// What is worth knowing of a worker's descriptor, every signature checked.
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import type { FlowControl } from '@tearless/tor/hsdesc/inner.ts';
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { parseOuter, verifyOuter } from '@tearless/tor/hsdesc/outer.ts';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import { BalanceError } from '../balance-error.ts';
import type { LearnMemory } from './learn-memory.ts';
import { packPoints, unpackPoints } from './packed-points.ts';

export interface Learnt {
  /** The period that the descriptor is of. */
  readonly period: BlindingPeriod;
  readonly revisionCounter: bigint;
  /** Its introduction points, packed: introPointsOf reads them. */
  readonly points: string;
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
    points: packPoints(inner.introPoints),
    flowControl: inner.flowControl,
    isSingleOnionService: inner.isSingleOnionService,
    learntAtMs: nowMs,
    validUntilMs: Math.min(outer.signingCertificate.expiresMs, ...ends.map(({ expiresMs }) => expiresMs)),
  };
};

/** Nothing is checked again; certificates are signed by nobody. @throws RangeError for what this program did not pack */
export const introPointsOf = ({ points }: Pick<Learnt, 'points'>): readonly IntroPoint[] => unpackPoints(points);
