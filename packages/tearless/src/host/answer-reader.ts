// Finds the end of an answer in a stream: an empty line, the request's nonce, the exit status. Pure but for its own state.

/** Collects one stream's bytes until the end of the answer that a nonce marks. */
export class AnswerReader {
  readonly #mark: Buffer;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  /** The last bytes of what came before: a mark may lie across chunks. */
  #tail = Buffer.alloc(0);
  #end: { readonly body: Buffer; readonly exitCode: number } | undefined;

  constructor(nonce: string) {
    this.#mark = Buffer.from(`\n${nonce} `);
  }

  /** Bytes collected so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What was collected so far, for an answer that never ends. */
  partial(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** The answer, once its end has come. */
  get end(): { readonly body: Buffer; readonly exitCode: number } | undefined {
    return this.#end;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // Longest possible mark: with the status's digits and its newline.
    const reach = this.#mark.length + 4;
    const seen = Buffer.concat([this.#tail, chunk]);
    this.#tail = seen.subarray(Math.max(0, seen.length - reach));
    if (!seen.includes(this.#mark)) return;
    const whole = Buffer.concat(this.#chunks);
    const at = whole.lastIndexOf(this.#mark);
    const status = /^(\d{1,3})\n$/.exec(whole.subarray(at + this.#mark.length).toString('latin1'))?.[1];
    if (status !== undefined) this.#end = { body: whole.subarray(0, at), exitCode: Number(status) };
  }
}
