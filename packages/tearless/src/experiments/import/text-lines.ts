// Bytes into lines, wherever the chunks are cut: UTF-8 or UTF-16 by its mark, LF, CRLF or CR, a last line without an end.

/** A longer line is no row of a table; its beginning is given, one character longer than this. */
export const longestLine = 65_536;

export class LineSplitter {
  /** False where the text ended inside a line. */
  endsWithLine = true;
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #held: Uint8Array = new Uint8Array(0);
  #rest = '';
  #skipping = false;

  #start(chunk: Uint8Array): string {
    // The mark may be cut in two.
    const bytes = new Uint8Array(this.#held.length + chunk.length);
    bytes.set(this.#held);
    bytes.set(chunk, this.#held.length);
    const [first, second] = bytes;
    const encoding =
      first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
    this.#decoder = new TextDecoder(encoding);
    this.#held = new Uint8Array(0);
    return this.#decoder.decode(bytes, { stream: true });
  }

  #decode(chunk: Uint8Array): string {
    if (this.#decoder !== undefined) return this.#decoder.decode(chunk, { stream: true });
    if (this.#held.length + chunk.length >= 2) return this.#start(chunk);
    this.#held = Uint8Array.from([...this.#held, ...chunk]);
    return '';
  }

  #split(text: string): string[] {
    if (!text.includes('\r')) return text.split('\n');
    return text.split(/\r\n|\n|\r/);
  }

  /** The lines that the chunk ends. */
  push(chunk: Uint8Array): string[] {
    let text = this.#rest + this.#decode(chunk);
    // A CR at the very end may be half of a line's end.
    let held = '';
    if (text.endsWith('\r')) {
      held = '\r';
      text = text.slice(0, -1);
    }
    const lines = this.#split(text);
    let rest = lines.pop() ?? '';
    if (this.#skipping && lines.length > 0) {
      lines.shift();
      this.#skipping = false;
    }
    if (this.#skipping) rest = '';
    else if (rest.length > longestLine) {
      lines.push(rest.slice(0, longestLine + 1));
      this.#skipping = true;
      rest = '';
    }
    this.#rest = rest + held;
    return lines.map(cut);
  }

  /** What is behind the last line's end. */
  end(): string[] {
    const decoder = this.#decoder ?? new TextDecoder();
    const last = this.#rest + decoder.decode(this.#held);
    this.#rest = '';
    const skipping = this.#skipping;
    this.#skipping = false;
    const lines = this.#split(last);
    if (skipping) lines.shift();
    const rest = lines.pop() ?? '';
    this.endsWithLine = rest === '';
    return (rest === '' ? lines : [...lines, rest]).map(cut);
  }
}

const cut = (line: string): string => (line.length > longestLine ? line.slice(0, longestLine + 1) : line);
