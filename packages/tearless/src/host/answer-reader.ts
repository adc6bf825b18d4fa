// Finds one answer in a stream: a line with the request's nonce and the shell's process id, the answer itself, then an
// empty line and one with the nonce and the exit status. Pure but for its own state.

export interface Answer {
  readonly body: Buffer;
  readonly exitCode: number;
}

/** Collects one stream's bytes until the end of the answer that a nonce marks. */
export class AnswerReader {
  readonly #nonce: string;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** The last bytes of what came before: a mark may lie across chunks. */
  #tail = Buffer.alloc(0);
  #pid: number | undefined;
  #answer: Answer | undefined;

  constructor(nonce: string) {
    this.#nonce = nonce;
  }

  /** Bytes of the answer so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The shell that has taken the request up, once it has. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Undefined until its end has come. */
  get answer(): Answer | undefined {
    return this.#answer;
  }

  /** What was said so far, for an answer that never ends. */
  partial(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  push(chunk: Buffer): void {
    this.#keep(chunk);
    if (this.#pid === undefined) this.#begin();
    else this.#end(chunk);
  }

  #keep(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** What came before the answer belongs to none: something that an earlier script left running may have said it. */
  #begin(): void {
    const whole = this.partial();
    const at = whole.indexOf(`${this.#nonce} `);
    const line = at === -1 ? null : /^\S+ (\d+)\n/.exec(whole.subarray(at, at + 64).toString('latin1'));
    if (line === null) return;
    this.#pid = Number(line[1]);
    const rest = whole.subarray(at + line[0].length);
    this.#chunks = [];
    this.#bytes = 0;
    this.#keep(rest);
    this.#end(rest);
  }

  #end(chunk: Buffer): void {
    const mark = `\n${this.#nonce} `;
    const seen = Buffer.concat([this.#tail, chunk]);
    // Longest possible mark: with the status's digits and its newline.
    this.#tail = seen.subarray(Math.max(0, seen.length - mark.length - 4));
    if (!seen.includes(mark)) return;
    const whole = this.partial();
    const at = whole.lastIndexOf(mark);
    const status = /^(\d{1,3})\n$/.exec(whole.subarray(at + mark.length).toString('latin1'))?.[1];
    if (status !== undefined) this.#answer = { body: whole.subarray(0, at), exitCode: Number(status) };
  }
}
