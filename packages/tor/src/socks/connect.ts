// A stream through tor, by its SOCKS port. Works over any duplex stream (TCP, a unix socket); opens none itself.
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { negotiate, type SocksTarget } from './negotiate.ts';
import { socksProtocolError } from './problem.ts';

/**
 * Asks for the target on a fresh stream to the SOCKS port, which is then the stream to the target, paused. Destroys it when
 * that fails.
 * @throws SocksRefusal with tor's answer; TorError `socks-closed`, and as `negotiate`; the stream's own error; the signal's
 *   reason when aborted
 */
export async function connectSocks<S extends Duplex>(stream: S, target: SocksTarget, signal: AbortSignal): Promise<S> {
  // Its error also ends a wait below; nobody else may be listening yet.
  stream.on('error', () => {});
  const abort = () => stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const talk = negotiate(target);
    for (let step = talk.next(); !step.done; ) {
      const { send, takeBytes } = step.value;
      if (send.length > 0) stream.write(send);
      step = talk.next(takeBytes === 0 ? new Uint8Array() : await take(stream, takeBytes));
    }
    return stream;
  } catch (error) {
    stream.destroy();
    signal.throwIfAborted();
    throw stream.errored ?? error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Takes exactly so many bytes; what comes after them stays in the stream. */
async function take(stream: Duplex, bytes: number): Promise<Uint8Array> {
  for (;;) {
    const taken: Uint8Array | null = stream.read(bytes);
    if (taken !== null && taken.length === bytes) return taken;
    if (taken !== null || stream.readableEnded || stream.destroyed) {
      throw socksProtocolError('closed', 'the SOCKS port hung up');
    }
    const first = new AbortController();
    const { signal } = first;
    const waits = ['readable', 'end', 'close'].map((event) => once(stream, event, { signal }));
    for (const wait of waits) wait.catch(() => {}); // all but the first end by the abort; the stream's error is noted
    await Promise.race(waits).finally(() => first.abort());
  }
}
