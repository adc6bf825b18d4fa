// Values that must never be printed: keys, cookies, passwords. Only an explicit `reveal` gives the value.
import { inspect } from 'node:util';

const hidden = '[sensitive]';

/** Wraps a secret: printing, logging, interpolation and JSON give `[sensitive]`. */
export class Sensitive<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The secret itself; call it only where it is put to use. */
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
