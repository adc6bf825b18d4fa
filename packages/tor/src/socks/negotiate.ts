// The client's half of SOCKS 5 (RFC 1928; user name and password by RFC 1929), as far as tor needs it: CONNECT to a name.
// Pure: says what to send and how many bytes to wait for; the stream is connect.ts's.
import { SocksRefusal, socksArgumentError, socksProtocolError } from './problem.ts';
import { describeReply } from './reply.ts';

export interface SocksTarget {
  /** A name or an address as text; 1 to 255 bytes. */
  readonly host: string;
  readonly port: number;
  /** 1 to 255 bytes. tor keeps streams of different user names on different circuits, and names it in its events. */
  readonly username: string;
}

/** First send, then take exactly so many bytes and go on with them. */
export interface SocksExchange {
  readonly send: Uint8Array;
  readonly takeBytes: number;
}

const version = 5;
const byUserName = 2;
const greeting = Uint8Array.of(version, 1, byUserName);
const nothing = new Uint8Array();

/**
 * Ends when the stream is open; everything after the last bytes taken belongs to it.
 * @throws TorError `socks-bad-argument` for what does not fit, `socks-bad-answer`; SocksRefusal
 * @example
 * const talk = negotiate({ host: 'example.onion', port: 80, username: 'probe1' });
 * assert.deepEqual(talk.next().value, { send: Uint8Array.of(5, 1, 2), takeBytes: 2 });
 */
export function* negotiate(target: SocksTarget): Generator<SocksExchange, void, Uint8Array> {
  const [login, request] = [encodeLogin(target.username), encodeConnect(target)];
  const method = yield { send: greeting, takeBytes: 2 };
  if (method[0] !== version || method[1] !== byUserName) {
    throw socksProtocolError('bad-answer', `the SOCKS port chose the method ${method[1]} of version ${method[0]}`);
  }
  const answer = yield { send: login, takeBytes: 2 };
  if (answer[1] !== 0) throw socksProtocolError('bad-answer', 'the SOCKS port refused the user name');
  // The fifth byte is the length of the address, where that varies.
  const start = yield { send: request, takeBytes: 5 };
  if (start[0] !== version) throw socksProtocolError('bad-answer', `an answer of SOCKS version ${start[0]}`);
  yield { send: nothing, takeBytes: replyBytes(start) - start.length };
  const [, code = 1] = start;
  if (code === 0) return;
  const { reply, meaning } = describeReply(code);
  throw new SocksRefusal(reply, meaning);
}

/** @param username the password only has to be there */
export function encodeLogin(username: string): Uint8Array {
  return Uint8Array.of(1, ...lengthPrefixed(username), ...lengthPrefixed('0'));
}

export function encodeConnect({ host, port }: Omit<SocksTarget, 'username'>): Uint8Array {
  if (!Number.isInteger(port) || port < 1 || port > 0xffff) throw socksArgumentError(`${port} is no port`);
  return Uint8Array.of(version, 1, 0, 3, ...lengthPrefixed(host), port >> 8, port & 0xff);
}

function lengthPrefixed(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length === 0 || bytes.length > 255) throw socksArgumentError(`${bytes.length} bytes do not fit SOCKS 5`);
  return Uint8Array.of(bytes.length, ...bytes);
}

/** How long the answer to CONNECT is, by its first five bytes. */
function replyBytes(start: Uint8Array): number {
  const addressBytes: Readonly<Record<number, number>> = { 1: 4, 3: 1 + (start[4] ?? 0), 4: 16 };
  const bytes = addressBytes[start[3] ?? 0];
  if (bytes === undefined) throw socksProtocolError('bad-answer', `an answer with the address type ${start[3]}`);
  return 4 + bytes + 2;
}
