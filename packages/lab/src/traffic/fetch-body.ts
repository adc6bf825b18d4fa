// Asks the private network's web server for a body over an open stream and checks every byte of the answer.
import type { Socket } from 'node:net';
import { BodyChecker } from '../network/body.ts';
import { renderPath, type WebRequest } from '../network/web-protocol.ts';

export type FetchResult = {
  end: 'complete' | 'corrupt' | 'cut' | 'silent' | 'aborted';
  /** Why it is not complete. */
  reason?: string;
  receivedBytes: number;
  /** When the last byte came, in milliseconds since the Unix epoch. */
  lastByteMs?: number;
};

export type FetchOptions = {
  host: string;
  /** Without a byte for so long the answer is given up. */
  silenceMs: number;
  signal: AbortSignal;
};

const longestHead = 4096;

/** Reads the head of an answer; a text says what is wrong with it. */
const readHead = (head: string, totalBytes: number): string | undefined => {
  const [status = ''] = head.split('\r\n');
  if (!status.startsWith('HTTP/1.1 200 ')) return `the web server answered ${JSON.stringify(status)}`;
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  return Number(length) === totalBytes ? undefined : `the web server sends ${length} bytes, not ${totalBytes}`;
};

/** Sends one request and reads its answer to the end; never rejects. Takes the socket: it is closed afterwards. */
export const fetchBody = (
  socket: Socket,
  request: WebRequest,
  { host, silenceMs, signal }: FetchOptions,
): Promise<FetchResult> =>
  new Promise((resolve) => {
    const checker = new BodyChecker(request.id, request.totalBytes);
    let head = '';
    let inBody = false;
    let lastByteMs: number | undefined;
    let trouble: string | undefined;

    const settle = (end: FetchResult['end'], reason?: string) => {
      clearTimeout(silence);
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
      socket.destroy();
      resolve({
        end,
        ...(reason === undefined ? {} : { reason }),
        receivedBytes: checker.check.receivedBytes,
        ...(lastByteMs === undefined ? {} : { lastByteMs }),
      });
    };
    const silence = setTimeout(() => settle('silent', `no byte for ${silenceMs / 1000} s`), silenceMs);
    const abort = () => settle('aborted');
    const takeBody = (chunk: Buffer) => {
      checker.push(chunk);
      const { check } = checker;
      if (check.state === 'corrupt') settle('corrupt', `byte ${check.firstWrongByte} of the body is wrong`);
      else if (check.state === 'complete') settle('complete');
    };
    socket.on('data', (chunk: Buffer) => {
      lastByteMs = Date.now();
      silence.refresh();
      if (inBody) {
        takeBody(chunk);
        return;
      }
      head += chunk.toString('latin1');
      const headEnd = head.indexOf('\r\n\r\n');
      if (headEnd === -1) {
        if (head.length > longestHead) settle('corrupt', 'the head of the answer does not end');
        return;
      }
      inBody = true;
      const wrong = readHead(head.slice(0, headEnd), request.totalBytes);
      if (wrong === undefined) takeBody(Buffer.from(head.slice(headEnd + 4), 'latin1'));
      else settle('corrupt', wrong);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      trouble = error.code ?? error.message;
    });
    const over = () =>
      settle('cut', `${trouble ?? 'closed'} after ${checker.check.receivedBytes} of ${request.totalBytes} bytes`);
    socket.on('end', over);
    socket.on('close', over);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) {
      abort();
      return;
    }
    socket.write(`GET ${renderPath(request)} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    // A handshake that read piece by piece left the socket paused.
    socket.resume();
  });
