// A stream through tor, by its SOCKS port. Works over any duplex stream (TCP, a unix socket); opens none itself.
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { negotiate, type SocksTarget } from './negotiate.ts';
import { SocksRefusal, socksProtocolError } from './problem.ts';
import { isExtended } from './reply.ts';

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
    if (error instanceof SocksRefusal && isExtended(error.reply) && (await isOpen(stream, signal))) return stream;
    stream.destroy();
    signal.throwIfAborted();
    throw stream.errored ?? error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** tor hangs up right behind an answer that is a refusal. */
const hangUpMs = 1000;

/**
 * Whether the stream is open although tor says that it failed. One directory that lacks the descriptor, or one circuit that
 * breaks, is noted at the stream, and tor then answers with that when it has opened it at the next attempt, too (0.4.9).
 */
async function isOpen(stream: Duplex, signal: AbortSignal): Promise<boolean> {
  const deadline = new AbortController();
  // A process that was held up for so long looks first at what has come meanwhile.
  const timer = setTimeout(() => setImmediate(() => deadline.abort()), hangUpMs);
  const either = AbortSignal.any([signal, deadline.signal]);
  try {
    for (;;) {
      if (stream.readableLength > 0) return true;
      if (stream.readableEnded || stream.destroyed || signal.aborted) return false;
      if (deadline.signal.aborted) return true;
      stream.read(0); // lets the end show
      await somethingNew(stream, either).catch(() => {}); // what it was shows above
    }
  } finally {
    clearTimeout(timer);
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
    await somethingNew(stream);
  }
}

/** Bytes, the end, or the stream's error, which it throws. @throws the signal's abort */
async function somethingNew(stream: Duplex, signal?: AbortSignal): Promise<void> {
  const first = new AbortController();
  const either = signal === undefined ? first.signal : AbortSignal.any([signal, first.signal]);
  const waits = ['readable', 'end', 'close'].map((event) => once(stream, event, { signal: either }));
  for (const wait of waits) wait.catch(() => {}); // all but the first end by the abort
  await Promise.race(waits).finally(() => first.abort());
}
