// Bytes into lines: the lowest layer of the control port. Knows nothing of replies.
// control-spec §2.1, §2.3: lines end with CRLF; a bare LF is accepted too. There is no limit on
// the length of a line in the specification, so there is one here.
import { protocolError } from './problem.ts';

export const defaultMaxLineBytes = 1024 * 1024;

const lf = 0x0a;
const cr = 0x0d;

/** Cuts a byte stream that arrives in arbitrary chunks into lines. */
export class LineFramer {
  readonly #maxLineBytes: number;
  #parts: Uint8Array[] = [];
  #partBytes = 0;

  constructor(maxLineBytes: number = defaultMaxLineBytes) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes of a line that has begun and not ended. */
  get pendingBytes(): number {
    return this.#partBytes;
  }

  /**
   * Takes the next bytes and calls `onLine` for every line completed, without its line end. Lines may share memory with `chunk`.
   * @throws TorError `control-line-too-long`; lines before it have been delivered, the framer is of no more use
   */
  push(chunk: Uint8Array, onLine: (line: Uint8Array) => void): void {
    let from = 0;
    for (let end = chunk.indexOf(lf); end !== -1; end = chunk.indexOf(lf, from)) {
      const line = this.#complete(chunk.subarray(from, end));
      from = end + 1;
      onLine(line);
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  #complete(last: Uint8Array): Uint8Array {
    if (this.#partBytes + last.length > this.#maxLineBytes) throw tooLong(this.#maxLineBytes);
    const line = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#partBytes = 0;
    return line.at(-1) === cr ? line.subarray(0, -1) : line;
  }

  #keep(part: Uint8Array): void {
    this.#partBytes += part.length;
    if (this.#partBytes > this.#maxLineBytes) throw tooLong(this.#maxLineBytes);
    this.#parts.push(part);
  }
}

function tooLong(maxLineBytes: number) {
  return protocolError('control-line-too-long', `the control port sent a line of more than ${maxLineBytes} bytes`);
}
