// A visitor of an onion service whose servers tell their names: new connections by a tor client of its own, each on circuits
// of its own. A fresh visit is that of a client that has no descriptor of any service; others may use what it has.
import type { NetworkNode } from '../network/network-node.ts';
import { connectSocks } from './socks.ts';

export type VisitAttempt = {
  /** Milliseconds since the Unix epoch. */
  startMs: number;
  endMs: number;
  /** tor's answer where there was no connection. */
  reason?: string;
};

export type Visit = {
  /** Nickname of the tor client. */
  visitor: string;
  isFresh: boolean;
  startMs: number;
  endMs: number;
  /** `failed`: no answer within 60 s. */
  outcome: 'ok' | 'failed';
  /** What the server said: its name. */
  answer?: string;
  attempts: VisitAttempt[];
};

/** As a person would: asks again when nothing comes, and gives up after a minute. */
const attemptMs = 15_000;
const answerWithinMs = 60_000;
const pauseMs = 250;

/** tor forgets descriptors at NEWNYM, at most once in ten seconds; a second one waits that long, and for its turn. */
const forgetTimeoutMs = 120_000;

let names = 0;

/** One connection, until the server has said all. @throws SocksError with tor's answer, Error for an answer without a name */
export const connectOnce = async (node: NetworkNode, address: string, signal: AbortSignal): Promise<string> => {
  const { socksSocket } = node.plan;
  if (socksSocket === undefined) throw new TypeError(`${node.nickname} has no SOCKS port`);
  const socket = await connectSocks(socksSocket, { host: address, port: 80, username: `visit${++names}` }, signal);
  const abort = (): void => void socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    signal.throwIfAborted();
    if (text === '') throw new Error('connected, and nothing came');
    return text.trim();
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

/** Lets a client forget every descriptor, and what it holds against introduction points. Nothing may be under way there. */
export const forgetDescriptors = async (node: NetworkNode): Promise<void> => {
  const control = await node.control;
  const done = control.waitFor('SIGNAL', (event) => event.signal === 'NEWNYM', { timeoutMs: forgetTimeoutMs });
  await control.signal('NEWNYM');
  await done;
};

export class Visitor {
  readonly node: NetworkNode;
  #hasAsked = false;

  constructor(node: NetworkNode) {
    this.node = node;
  }

  /** So that the next visit is a fresh one. Nothing may be under way. */
  async forget(): Promise<void> {
    if (this.#hasAsked) await forgetDescriptors(this.node);
    this.#hasAsked = false;
  }

  /** Asks until there is an answer or a minute has passed; rejects for nothing that a service does. */
  async visit(address: string): Promise<Visit> {
    const isFresh = !this.#hasAsked;
    this.#hasAsked = true;
    const startMs = Date.now();
    const attempts: VisitAttempt[] = [];
    const told = { visitor: this.node.nickname, isFresh, startMs, attempts };
    for (;;) {
      const attempt: VisitAttempt = { startMs: Date.now(), endMs: 0 };
      attempts.push(attempt);
      try {
        const patience = Math.min(attemptMs, startMs + answerWithinMs - attempt.startMs);
        const answer = await connectOnce(this.node, address, AbortSignal.timeout(patience));
        attempt.endMs = Date.now();
        return { ...told, endMs: attempt.endMs, outcome: 'ok', answer };
      } catch (error) {
        attempt.endMs = Date.now();
        attempt.reason = error instanceof Error ? error.message : String(error);
      }
      if (Date.now() + pauseMs >= startMs + answerWithinMs) return { ...told, endMs: Date.now(), outcome: 'failed' };
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
