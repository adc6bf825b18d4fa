// Asks a web server behind an open stream for its status, once: HEAD /. Not a client of HTTP.
import type { Duplex } from 'node:stream';

const mostBytes = 1024;

/**
 * @param host the site that is asked for; checked where it comes from: an onion address or a host name
 * @returns what is wrong with the answer, or undefined
 * @throws the signal's reason when aborted
 */
export const askHttp = async (stream: Duplex, host: string, signal: AbortSignal): Promise<string | undefined> => {
  let head = '';
  const abort = (): void => void stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    stream.write(`HEAD / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    for await (const chunk of stream) {
      head += Buffer.from(chunk).toString('latin1');
      if (head.includes('\n') || head.length >= mostBytes) break;
    }
  } catch {
    signal.throwIfAborted();
    // A stream that broke is one that hung up.
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return judgeStatusLine(head.split('\r\n')[0] ?? '');
};

/** Anything but the server's own word that it is in trouble is an answer: what is at / is the site's business. */
const judgeStatusLine = (line: string): string | undefined => {
  const status = /^HTTP\/1\.[01] (\d{3})( |$)/.exec(line)?.[1];
  if (status === undefined) return line === '' ? 'its web server hung up' : 'what it stands for is no web server';
  return status.startsWith('5') ? `its web server answers with the status ${status}` : undefined;
};
