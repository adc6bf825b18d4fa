// Seeded random numbers: xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2021).
// Not for secrets. Own code, because a published report must come out the same from its seed for ever.
import { createHash } from 'node:crypto';
import { checkCount } from '../check.ts';
import { StatsError } from '../stats-error.ts';

/** Four words of 32 bits, not all zero: all that there is to know about a generator. */
export type RandomState = readonly [number, number, number, number];

/** A source of random numbers that is handed in; whoever holds its state can continue it. */
export interface Random {
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number;
  /** From 0 (included) to 1 (excluded), 53 bits. */
  uniform(): number;
  /** A whole number from 0 to `count - 1`, each as likely; `count` up to 2^32. */
  below(count: number): number;
  /** What continues from here with `randomFromState`. */
  state(): RandomState;
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

class Xoshiro128 implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor([a, b, c, d]: RandomState) {
    [this.#a, this.#b, this.#c, this.#d] = [a | 0, b | 0, c | 0, d | 0];
  }

  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  below(count: number): number {
    checkCount(count, 1, 'the count to draw from');
    // The high part of word * count (Lemire, "Fast random integer generation in an interval", 2019), exact in doubles
    // up to here; words that would make some results more likely are thrown away.
    if (count <= 2 ** 21) {
      for (;;) {
        const product = this.uint32() * count;
        const high = Math.floor(product / 2 ** 32);
        const low = product - high * 2 ** 32;
        if (low >= count || low >= 2 ** 32 % count) return high;
      }
    }
    const limit = 2 ** 32 - (2 ** 32 % count);
    let word = this.uint32();
    while (word >= limit) word = this.uint32();
    return word % count;
  }

  state(): RandomState {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0];
  }
}

/** Continues from a state. @throws StatsError when it is not four 32-bit words of which one is not zero. */
export const randomFromState = (state: RandomState): Random => {
  const words = state.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32);
  if (state.length !== 4 || !words || state.every((word) => word === 0))
    throw new StatsError('stats-random-state', 'the state of a generator is four words of 32 bits, not all zero');
  return new Xoshiro128(state);
};

/**
 * A generator from a text of any length: the first 16 bytes of its SHA-256 as four little-endian words. Give each
 * use its own text (`seed/arm/A`), so that one more arm does not change the numbers of the others.
 */
export const randomFromSeed = (seed: string): Random => {
  const digest = createHash('sha256').update(seed).digest();
  const word = (index: number): number => digest.readUInt32LE(4 * index);
  return randomFromState([word(0), word(1), word(2), word(3)]);
};
