// Asks a web server behind an open stream for its status, once: HEAD /. Not a client of HTTP.
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

const mostBytes = 1024;

/**
 * @param host the site that is asked for; checked where it comes from: an onion address or a host name
 * @returns what is wrong with the answer, or undefined
 * @throws the signal's reason when aborted
 */
export const askHttp = async (stream: Duplex, host: string, signal: AbortSignal): Promise<string | undefined> => {
  stream.write(`HEAD / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let head = '';
  while (!head.includes('\n') && head.length < mostBytes) {
    const chunk: Uint8Array | null = stream.read();
    if (chunk !== null) head += Buffer.from(chunk).toString('latin1');
    else if (stream.readableEnded || stream.destroyed) break;
    else await somethingNew(stream, signal);
  }
  return judgeStatusLine(head.split('\r\n')[0] ?? '');
};

/** Anything but the server's own word that it is in trouble is an answer: what is at / is the site's business. */
const judgeStatusLine = (line: string): string | undefined => {
  const status = /^HTTP\/1\.[01] (\d{3})( |$)/.exec(line)?.[1];
  if (status === undefined) return line === '' ? 'its web server hung up' : 'what it stands for is no web server';
  return status.startsWith('5') ? `its web server answers with the status ${status}` : undefined;
};

const somethingNew = async (stream: Duplex, signal: AbortSignal): Promise<void> => {
  const first = new AbortController();
  const either = AbortSignal.any([signal, first.signal]);
  const waits = ['readable', 'end', 'close'].map((event) => once(stream, event, { signal: either }));
  for (const wait of waits) wait.catch(() => {}); // all but the first end by the abort
  try {
    await Promise.race(waits);
  } catch (error) {
    signal.throwIfAborted();
    // A stream that broke is one that hung up: `destroyed` tells the caller.
    if (!stream.destroyed) throw error;
  } finally {
    first.abort();
  }
};
