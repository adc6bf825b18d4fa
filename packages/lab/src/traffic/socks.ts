// A SOCKS 5 client (RFC 1928, user name and password by RFC 1929) over tor's unix socket. Only CONNECT to a name.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type SocksTarget = {
  host: string;
  port: number;
  /** tor keeps streams of different user names on different circuits, and names it in its events. */
  username: string;
};

/** RFC 1928 §6 and, from 0xf0, tor's own for onion services (proposal 304, with the flag ExtendedErrors). */
const replies: Record<number, string> = {
  1: 'general failure',
  2: 'not allowed',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'time to live expired',
  7: 'command not supported',
  8: 'address type not supported',
  240: 'onion descriptor not found',
  241: 'onion descriptor invalid',
  242: 'onion introduction failed',
  243: 'onion rendezvous failed',
  244: 'onion client authorisation missing',
  245: 'onion client authorisation wrong',
  246: 'onion address bad',
  247: 'onion introduction timed out',
};

export class SocksError extends Error {
  override readonly name = 'SocksError';
}

const lengthPrefixed = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  if (bytes.length === 0 || bytes.length > 255) throw new SocksError(`${text.length} characters do not fit SOCKS 5`);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
};

export const greeting: Buffer = Buffer.from([5, 1, 2]);

/** The password only has to be there. */
export const encodeLogin = (username: string): Buffer =>
  Buffer.concat([Buffer.from([1]), lengthPrefixed(username), lengthPrefixed('0')]);

export const encodeConnect = ({ host, port }: Omit<SocksTarget, 'username'>): Buffer =>
  Buffer.concat([Buffer.from([5, 1, 0, 3]), lengthPrefixed(host), Buffer.from([port >> 8, port & 0xff])]);

/** How long the server's answer to CONNECT is, once its first five bytes are there. */
const connectReplyLength = (start: Buffer): number => {
  const addressLength: Record<number, number> = { 1: 4, 3: 1 + (start[4] ?? 0), 4: 16 };
  const length = addressLength[start[3] ?? 0];
  if (length === undefined) throw new SocksError(`an answer with the address type ${start[3]}`);
  return 4 + length + 2;
};

/** Takes exactly so many bytes; what comes after them stays in the stream. */
const take = async (socket: Socket, length: number): Promise<Buffer> => {
  for (;;) {
    const bytes: Buffer | null = socket.read(length);
    if (bytes !== null && bytes.length === length) return bytes;
    if (bytes !== null || socket.readableEnded || socket.destroyed) throw new SocksError('the SOCKS port hung up');
    const first = new AbortController();
    const { signal } = first;
    await Promise.race([once(socket, 'readable', { signal }), once(socket, 'close', { signal })]).finally(() =>
      first.abort(),
    );
  }
};

const handshake = async (socket: Socket, target: SocksTarget): Promise<void> => {
  socket.write(greeting);
  const method = await take(socket, 2);
  if (method[0] !== 5 || method[1] !== 2) throw new SocksError(`the SOCKS port chose the method ${method[1]}`);
  socket.write(encodeLogin(target.username));
  const login = await take(socket, 2);
  if (login[1] !== 0) throw new SocksError('the SOCKS port refused the user name');
  socket.write(encodeConnect(target));
  const start = await take(socket, 5);
  await take(socket, connectReplyLength(start) - 5);
  const reply = start[1] ?? 1;
  if (reply !== 0) throw new SocksError(replies[reply] ?? `SOCKS reply ${reply}`);
};

/**
 * Opens a stream through tor.
 * @returns the connected socket, paused
 * @throws SocksError with tor's answer; a system error when the socket is not there; the signal's reason when aborted
 */
export const connectSocks = async (socketPath: string, target: SocksTarget, signal: AbortSignal): Promise<Socket> => {
  signal.throwIfAborted();
  const socket = connect(socketPath);
  // Every error also ends a read or the connect below, which tells.
  socket.on('error', () => {});
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await once(socket, 'connect', { signal });
    await handshake(socket, target);
    return socket;
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
