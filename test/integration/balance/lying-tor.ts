// A control port that lies: to a balancer about directories, what they serve and whether they took what was sent; to a helper
// about its worker's own descriptor. All else passes as it is. Directories of C tor cannot be made to lie.
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';

export interface Lies {
  /**
   * What a directory serves for an address, in place of what it has. Undefined: the truth.
   *
   * @param address without `.onion`
   * @param directory its fingerprint
   */
  readonly serves: (address: string, directory: string) => string | undefined;
  /** Whether it is said to have refused what it took. */
  readonly refuses: (address: string, directory: string) => boolean;
  /** What tor says that the descriptor of its own service is. Undefined: the truth. */
  readonly hands: (address: string) => string | undefined;
}

export const truth: Lies = { serves: () => undefined, refuses: () => false, hands: () => undefined };

const inData = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.startsWith('.') ? `.${line}` : line))
    .join('\r\n');

/** A whole reply or event, with its line ends: up to a line with a space behind the code, data blocks included. */
const takeMessage = (text: string): string | undefined => {
  let from = 0;
  for (;;) {
    let end = text.indexOf('\r\n', from);
    if (end === -1) return undefined;
    const kind = text[from + 3];
    if (kind === '+') {
      end = text.indexOf('\r\n.\r\n', end);
      if (end === -1) return undefined;
      end += 3;
    }
    from = end + 2;
    if (kind === ' ') return text.slice(0, from);
  }
};

const event = /^650.HS_DESC(_CONTENT)? (?:(FAILED|UPLOADED) )?([a-z2-7]{56}) (?:\S+ )?\$([0-9A-F]{40})\S*([^\r]*)\r\n/;

const own = /^250\+hs\/service\/desc\/id\/([a-z2-7]{56})=\r\n/;

const lieAbout = (message: string, { serves, refuses, hands }: Lies): string => {
  const [asked, service = ''] = own.exec(message) ?? [];
  if (asked !== undefined) {
    const handed = hands(service);
    return handed === undefined ? message : `${asked}${inData(handed)}\r\n.\r\n250 OK\r\n`;
  }
  const [head, content, action, address = '', directory = '', rest = ''] = event.exec(message) ?? [];
  if (head === undefined) return message;
  if (content !== undefined) {
    const served = serves(address, directory);
    if (served === undefined) return message;
    return `${head}${inData(served)}\r\n.\r\n650 OK\r\n`;
  }
  // It has something to serve: nothing failed.
  if (action === 'FAILED' && !rest.includes('UPLOAD') && serves(address, directory) !== undefined) return '';
  if (action === 'UPLOADED' && refuses(address, directory))
    return `${head.replace('UPLOADED', 'FAILED').trimEnd()} REASON=UPLOAD_REJECTED\r\n`;
  return message;
};

/** @param path of the socket that is opened; `tor` is the one of the control port */
export const openLyingTor = async (path: string, tor: string, lies: Lies): Promise<AsyncDisposable> => {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = createConnection(tor);
    let waiting = '';
    far.on('data', (chunk) => {
      waiting += chunk.toString('latin1');
      for (let message = takeMessage(waiting); message !== undefined; message = takeMessage(waiting)) {
        waiting = waiting.slice(message.length);
        near.write(lieAbout(message, lies), 'latin1');
      }
    });
    near.pipe(far);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  }).listen(path);
  await once(server, 'listening');
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
      rmSync(path, { force: true });
    },
  };
};
