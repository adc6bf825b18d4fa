// Values that must never be printed: keys, cookies, passwords. Only an explicit `reveal` gives the value.
import { inspect } from 'node:util';

const hidden = '[sensitive]';

/** Anything that hands out its secret only when asked; `Sensitive` is one. */
export interface Revealable<T> {
  reveal(): T;
}

/**
 * Wraps a secret: printing, logging, interpolation and JSON give `[sensitive]`.
 * @example
 * assert.equal(`${new Sensitive('hunter2')}`, '[sensitive]');
 */
export class Sensitive<T> implements Revealable<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}

/** The secret of a value that may or may not be wrapped. */
export function reveal<T extends string | Uint8Array>(value: T | Revealable<T>): T {
  return typeof value === 'object' && 'reveal' in value ? value.reveal() : value;
}
