// Probes an onion service the way a visitor comes: a stream by the SOCKS port of the balancer's tor, on circuits of its own,
// which are closed afterwards. Says whether it answered, why not, and whether the way there is to blame.
import type { Duplex } from 'node:stream';
import { connectSocks } from '@tearless/tor/socks/connect.ts';
import { SocksRefusal } from '@tearless/tor/socks/problem.ts';
import type { Clock } from '../../base/clock.ts';
import type { ProbeResult, Prober, ProbeTarget } from '../model/prober.ts';
import { askHttp } from './ask-http.ts';
import { explainRefusal } from './refusal.ts';

/** A probe as tor knows it. */
export interface ProbeName {
  /** Keeps its circuits apart from all others. */
  readonly username: string;
  /** With `.onion`. */
  readonly onionAddress: string;
}

export interface ProberOptions {
  /** Names the way, for people: `the tor of this machine`. */
  readonly path: string;
  /** A fresh stream to a SOCKS port of tor. */
  readonly openSocks: (signal: AbortSignal) => Promise<Duplex>;
  /** Ends what the probe leaves at tor; does not reject. */
  readonly closeCircuits: (probe: ProbeName) => Promise<void>;
  /** Looks whether tor gets out at all. @returns why it does not, or undefined */
  readonly findPathProblem: (signal: AbortSignal) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly randomBytes: (bytes: number) => Uint8Array;
  /** How long a service may take to answer. Default 45 s: a visitor does not wait longer either. */
  readonly deadlineMs?: number | undefined;
}

const usualDeadlineMs = 45_000;

export const createProber = (options: ProberOptions): Prober => ({
  path: options.path,
  probe: async (target, signal) => {
    const username = `tearless-probe-${Buffer.from(options.randomBytes(8)).toString('hex')}`;
    try {
      return await probe(options, target, username, signal);
    } finally {
      await options.closeCircuits({ username, onionAddress: target.onionAddress });
    }
  },
});

const probe = async (
  { openSocks, findPathProblem, clock, deadlineMs = usualDeadlineMs }: ProberOptions,
  target: ProbeTarget,
  username: string,
  signal: AbortSignal,
): Promise<ProbeResult> => {
  const startMs = clock.now();
  const deadline = AbortSignal.timeout(deadlineMs);
  const both = AbortSignal.any([signal, deadline]);
  let socket: Duplex;
  try {
    socket = await openSocks(both);
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, why: messageOf(error), isPathBad: true };
  }
  try {
    const { onionAddress, port, expects } = target;
    const stream = await connectSocks(socket, { host: onionAddress, port, username }, both);
    const problem = expects?.kind === 'http' ? await askHttp(stream, expects.host, both) : undefined;
    if (problem !== undefined) return { ok: false, why: problem };
    return { ok: true, tookMs: clock.now() - startMs };
  } catch (error) {
    signal.throwIfAborted();
    const { why, isUnclear } = explain(error, deadline, deadlineMs);
    const pathProblem = isUnclear ? await findPathProblem(signal) : undefined;
    if (pathProblem === undefined) return { ok: false, why };
    return { ok: false, why: `${pathProblem} (${why})`, isPathBad: true };
  } finally {
    socket.destroy();
  }
};

const explain = (error: unknown, deadline: AbortSignal, deadlineMs: number) => {
  if (deadline.aborted) return { why: `no answer within ${deadlineMs / 1000} s`, isUnclear: true };
  if (error instanceof SocksRefusal) return explainRefusal(error.reply);
  return { why: messageOf(error), isUnclear: true };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
