// Revision counters as C tor makes them, so that counters of tor and of several publishers with one key agree: an
// order-preserving encryption of the seconds since the shared-random run began. rend-spec-v3 appendix F.2.
import { createCipheriv, createSecretKey } from 'node:crypto';
import { Sensitive } from '../sensitive.ts';
import { sha3 } from './hashes.ts';
import { onionError, requireLength } from './problem.ts';
import type { ExpandedSecretKey } from './secret-key.ts';

/** tor reckons later moments as this one (OPE_INPUT_MAX): three days. */
const maxSeconds = 2 ** 18;

/** Sums are remembered at every so many seconds; a multiple of the eight words of an AES block. */
const stepSeconds = 4096;
const bytesPerSecond = 2;
const zeros = Buffer.alloc(stepSeconds * bytesPerSecond);

/**
 * The counter's own key of a period. It is as secret as a counter that cannot be foreseen, no more: with it nobody can sign.
 *
 * @param blindedSecret 64 bytes expanded, from blindSecretKey
 * @returns 32 bytes
 */
export function deriveCounterKey(blindedSecret: ExpandedSecretKey): Sensitive<Uint8Array> {
  const secret = requireLength(blindedSecret.reveal(), 64, 'an expanded secret key');
  return new Sensitive(new Uint8Array(sha3('rev-counter-generation\0', secret)));
}

/**
 * The counters of one key. The counter of second n is the sum of the first n words of an AES-CTR stream, each plus one. Sums
 * are linear and the stream can be entered at any block, so sums at every 4,096th second are kept as they are met: the first
 * question costs one native pass over the stream, a later one at most 8 KiB of it, where C tor does all 2^18 words at first.
 */
export class RevisionCounters {
  readonly #key: Sensitive<Uint8Array>;
  /** Sum of the first i * stepSeconds words at i. All are below 2^35, so doubles hold them. */
  readonly #sums: number[] = [0];

  /** @param key 32 bytes, from deriveCounterKey */
  constructor(key: Sensitive<Uint8Array>) {
    requireLength(key.reveal(), 32, 'a counter key');
    this.#key = key;
  }

  /**
   * The counter for a moment. Two descriptors of one second have the same: whoever publishes must see to it that a counter
   * is above the last one.
   *
   * @param timeMs by the clock that tor uses here, which is the system's
   * @param runStartMs beginning of the shared-random run, from DescriptorSlot
   * @throws TorError `onion-counter-before-run` when the clock is before the run
   */
  at(timeMs: number, runStartMs: number): bigint {
    const elapsed = Math.floor(timeMs / 1000) - Math.floor(runStartMs / 1000);
    if (elapsed < 0) {
      throw onionError(
        'counter-before-run',
        `the time is ${-elapsed} s before the shared-random run of the descriptor`,
        'Compare the clock with the consensus.',
        'refused',
      );
    }
    return this.encrypt(Math.min(elapsed + 1, maxSeconds));
  }

  /**
   * @param seconds 1 to 2^18
   * @throws TorError `onion-counter-out-of-range`
   */
  encrypt(seconds: number): bigint {
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > maxSeconds) {
      throw onionError('counter-out-of-range', `${seconds} is not within 1 to ${maxSeconds}`, undefined, 'refused');
    }
    const full = Math.floor(seconds / stepSeconds);
    if (this.#sums.length <= full) this.#extend(full);
    const rest = seconds % stepSeconds;
    return BigInt((this.#sums[full] ?? 0) + (rest === 0 ? 0 : sumWords(this.#stream(full), rest)));
  }

  /** Remembers sums up to that step. */
  #extend(last: number): void {
    const stream = this.#stream(this.#sums.length - 1);
    for (let sum = this.#sums.at(-1) ?? 0; this.#sums.length <= last; ) {
      sum += sumWords(stream, stepSeconds);
      this.#sums.push(sum);
    }
  }

  /** The stream from that step on. */
  #stream(step: number) {
    const iv = Buffer.alloc(16);
    iv.writeUInt32BE((step * stepSeconds * bytesPerSecond) / 16, 12);
    return createCipheriv('aes-256-ctr', createSecretKey(this.#key.reveal()), iv);
  }
}

/** No counter is made from here on: directories would hold the key to the highest of all for as long as the period lasts. */
const counterLimit = 2n ** 63n;

/**
 * The counter to publish with: the one computed, or one above the last where that is not less. Two rounds in one second,
 * a clock that was set back, and a directory that holds a higher one are all met this way.
 *
 * @param last the highest counter known for this blinded key; null for none
 * @throws TorError `onion-counter-out-of-range` where the last is so high that someone means to lock the address
 * @example
 * raiseCounter(41n, 41n); // 42n
 */
export function raiseCounter(computed: bigint, last: bigint | null): bigint {
  const counter = last === null || computed > last ? computed : last + 1n;
  if (counter < counterLimit) return counter;
  throw onionError(
    'counter-out-of-range',
    `a revision counter of ${counter} would leave next to none above it`,
    'Wait for the next time period, whose blinded key is another.',
    'refused',
  );
}

/** The sum of the next `count` little-endian 16-bit words of the stream, each plus one. */
function sumWords(stream: ReturnType<typeof createCipheriv>, count: number): number {
  const bytes = stream.update(zeros.subarray(0, count * bytesPerSecond));
  let sum = count;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] ?? 0) + ((bytes[i + 1] ?? 0) << 8);
  return sum;
}
