// The bodies that travel through the private network: a stream of bytes that both ends can compute from a name, so that
// whoever receives it notices the first byte that is wrong, missing or too many. Pure.
import { type Cipheriv, createCipheriv, createHash } from 'node:crypto';

/** The keystream of AES-256-CTR under SHA-256(name): cheap, without period, different for each name. */
const openKeystream = (name: string): Cipheriv =>
  createCipheriv('aes-256-ctr', createHash('sha256').update(name).digest(), Buffer.alloc(16));

export type BodySource = {
  /** The next `length` bytes. */
  next: (length: number) => Buffer;
};

export const openBody = (name: string): BodySource => {
  const keystream = openKeystream(name);
  return { next: (length) => keystream.update(Buffer.alloc(length)) };
};

export type BodyCheck =
  | { state: 'incomplete'; receivedBytes: number }
  | { state: 'complete'; receivedBytes: number }
  | { state: 'corrupt'; receivedBytes: number; firstWrongByte: number };

/** Compares what arrives, in whatever pieces, with the body of that name and length. */
export class BodyChecker {
  readonly #source: BodySource;
  readonly #totalBytes: number;
  #receivedBytes = 0;
  #firstWrongByte: number | undefined;

  constructor(name: string, totalBytes: number) {
    this.#source = openBody(name);
    this.#totalBytes = totalBytes;
  }

  push(chunk: Uint8Array): void {
    const expected = this.#source.next(chunk.length);
    if (this.#firstWrongByte === undefined) {
      const beyond = this.#receivedBytes + chunk.length > this.#totalBytes ? this.#totalBytes : undefined;
      const wrong = expected.equals(chunk) ? -1 : expected.findIndex((byte, index) => byte !== chunk[index]);
      if (wrong !== -1)
        this.#firstWrongByte = Math.min(this.#receivedBytes + wrong, beyond ?? Number.POSITIVE_INFINITY);
      else if (beyond !== undefined) this.#firstWrongByte = beyond;
    }
    this.#receivedBytes += chunk.length;
  }

  get check(): BodyCheck {
    const receivedBytes = this.#receivedBytes;
    if (this.#firstWrongByte !== undefined) {
      return { state: 'corrupt', receivedBytes, firstWrongByte: this.#firstWrongByte };
    }
    return { state: receivedBytes === this.#totalBytes ? 'complete' : 'incomplete', receivedBytes };
  }
}
