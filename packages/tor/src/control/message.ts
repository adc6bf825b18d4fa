// Lines into messages: replies and events, whole, with their data. Does not know what they mean.
// control-spec §2.3 (replies from tor), §2.4 (CmdData).
import { defaultMaxLineBytes, LineFramer } from './frame.ts';
import { protocolError, shown } from './problem.ts';

/** One line of a message: `250-version=0.4.9.11` is `{ code: 250, text: 'version=0.4.9.11' }`. */
export interface ReplyLine {
  /** 100 to 999. Lines of one message may differ (MAPADDRESS, §3.8). */
  readonly code: number;
  /** What follows the separator, read as UTF-8; bytes that are not are replaced. */
  readonly text: string;
  /**
   * The data of a `+` line: dots unstuffed, every line ended with one LF, so a document that tor
   * took from a file comes back byte by byte. A last line that had no line end gets one.
   */
  readonly data?: Uint8Array;
}

export interface Message {
  readonly lines: readonly [ReplyLine, ...ReplyLine[]];
  /** Whether it is an event (6yz), not the answer to a command. */
  readonly async: boolean;
}

export interface MessageLimits {
  maxLineBytes?: number | undefined;
  /** Of one message. Default 64 MiB: all router descriptors of the public network are about half. */
  maxMessageBytes?: number | undefined;
}

const defaultMaxMessageBytes = 64 * 1024 * 1024;

const space = 0x20;
const plus = 0x2b;
const minus = 0x2d;
const dot = 0x2e;
const newline = 0x0a;
const blockBytes = 64 * 1024;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Data of a message as text. */
export function dataText(data: Uint8Array): string {
  return utf8.decode(data);
}

/** The status code of a message: that of its last line. */
export function codeOf(message: Message): number {
  return message.lines.at(-1)?.code ?? message.lines[0].code;
}

/**
 * Puts a byte stream that arrives in arbitrary chunks together to messages.
 * @example
 * const decoder = new MessageDecoder();
 * const messages = [];
 * decoder.push(Buffer.from('250-version=0.4.9.11\r\n250 OK\r\n'), (message) => messages.push(message));
 * assert.deepEqual(messages[0].lines.map((line) => line.text), ['version=0.4.9.11', 'OK']);
 */
export class MessageDecoder {
  readonly #framer: LineFramer;
  readonly #maxMessageBytes: number;
  #lines: ReplyLine[] = [];
  #messageBytes = 0;
  #open: { readonly code: number; readonly text: string; readonly data: DataLines } | undefined;

  constructor(limits: MessageLimits = {}) {
    this.#framer = new LineFramer(limits.maxLineBytes ?? defaultMaxLineBytes);
    this.#maxMessageBytes = limits.maxMessageBytes ?? defaultMaxMessageBytes;
  }

  /** Whether a message has begun and not ended. */
  get midMessage(): boolean {
    return this.#lines.length > 0 || this.#open !== undefined || this.#framer.pendingBytes > 0;
  }

  /**
   * Takes the next bytes and calls `onMessage` for every message completed.
   * @throws TorError kind `protocol`; messages before it have been delivered, the decoder is of no more use
   */
  push(chunk: Uint8Array, onMessage: (message: Message) => void): void {
    this.#framer.push(chunk, (line) => this.#line(line, onMessage));
  }

  #line(line: Uint8Array, onMessage: (message: Message) => void): void {
    this.#messageBytes += line.length + 2;
    if (this.#messageBytes > this.#maxMessageBytes) {
      throw protocolError(
        'control-message-too-long',
        `the control port sent a message of more than ${this.#maxMessageBytes} bytes`,
      );
    }
    if (this.#open !== undefined) this.#dataLine(this.#open, line);
    else this.#replyLine(line, onMessage);
  }

  #dataLine({ code, text, data }: { code: number; text: string; data: DataLines }, line: Uint8Array): void {
    if (line[0] !== dot) {
      data.add(line);
    } else if (line.length > 1) {
      data.add(line.subarray(1));
    } else {
      this.#lines.push({ code, text, data: data.join() });
      this.#open = undefined;
    }
  }

  #replyLine(line: Uint8Array, onMessage: (message: Message) => void): void {
    const code = statusCode(line);
    const separator = line[3];
    if (code === undefined || (separator !== space && separator !== plus && separator !== minus)) {
      throw protocolError(
        'control-bad-line',
        `the control port sent ${shown(utf8.decode(line))}, which is no reply line`,
      );
    }
    const first = this.#lines[0];
    // §4.1: an event may come between a command and its reply, never inside either.
    if (first !== undefined && isAsync(first.code) !== isAsync(code)) {
      throw protocolError(
        'control-mixed-message',
        `the control port sent a ${code} line inside a ${first.code} message`,
      );
    }
    const text = utf8.decode(line.subarray(4));
    if (separator === plus) {
      this.#open = { code, text, data: new DataLines() };
      return;
    }
    this.#lines.push({ code, text });
    if (separator === minus) return;
    const [head, ...rest] = this.#lines;
    this.#lines = [];
    this.#messageBytes = 0;
    if (head !== undefined) onMessage({ lines: [head, ...rest], async: isAsync(code) });
  }
}

/**
 * Lines of data as they come, copied into blocks: as pieces of what came from the socket, the fifty thousand lines of a consensus
 * would take several times as much as their bytes.
 */
class DataLines {
  readonly #full: Uint8Array[] = [];
  #block = new Uint8Array(1024);
  #used = 0;

  add(line: Uint8Array): void {
    if (this.#used + line.length >= this.#block.length) {
      this.#full.push(this.#block.subarray(0, this.#used));
      this.#block = new Uint8Array(Math.max(blockBytes, line.length + 1));
      this.#used = 0;
    }
    this.#block.set(line, this.#used);
    this.#used += line.length;
    this.#block[this.#used] = newline;
    this.#used += 1;
  }

  join(): Uint8Array {
    const blocks = [...this.#full, this.#block.subarray(0, this.#used)];
    const joined = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const block of blocks) {
      joined.set(block, at);
      at += block.length;
    }
    return joined;
  }
}

/**
 * The other direction, for fakes and tests: a message as tor would send it.
 * @throws TorError `control-bad-line` for a code out of range or a text with a line end
 */
export function encodeMessage(message: Pick<Message, 'lines'>): Uint8Array {
  const parts: (string | Uint8Array)[] = [];
  message.lines.forEach((line, at) => {
    if (!Number.isInteger(line.code) || line.code < 100 || line.code > 999 || /[\r\n]/.test(line.text)) {
      throw protocolError('control-bad-line', `${line.code} ${shown(line.text)} cannot be sent as a reply line`);
    }
    const last = at === message.lines.length - 1;
    if (line.data === undefined) {
      parts.push(`${line.code}${last ? ' ' : '-'}${line.text}\r\n`);
    } else if (last) {
      throw protocolError('control-bad-line', 'a message cannot end with a data line');
    } else {
      parts.push(`${line.code}+${line.text}\r\n`, encodeData(line.data));
    }
  });
  return new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))));
}

/** CmdData (§2.4): CRLF line ends, leading dots doubled, closed by a dot on a line of its own. */
export function encodeData(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < data.length; ) {
    const at = data.indexOf(0x0a, from);
    const end = at === -1 ? data.length : at;
    const line = data.subarray(from, end > from && data[end - 1] === 0x0d ? end - 1 : end);
    if (line[0] === dot) parts.push(Uint8Array.of(dot));
    parts.push(line, Buffer.from('\r\n'));
    from = end + 1;
  }
  parts.push(Buffer.from('.\r\n'));
  return new Uint8Array(Buffer.concat(parts));
}

function statusCode(line: Uint8Array): number | undefined {
  let code = 0;
  for (let at = 0; at < 3; at++) {
    const digit = (line[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    code = code * 10 + digit;
  }
  return code >= 100 ? code : undefined;
}

function isAsync(code: number): boolean {
  return code >= 600 && code < 700;
}
