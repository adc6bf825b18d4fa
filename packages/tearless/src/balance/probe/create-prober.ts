// Probes an onion service the way a visitor comes: a stream by the SOCKS port of the balancer's tor, on circuits of its own,
// which are closed afterwards. Says whether it answered, why not, and whether the way there is to blame.
//
// tor holds it against an introduction point for two minutes when it failed, and then fails at once. So that the second look at
// a service is more than an echo of the first, tor is asked to forget between the two.
import type { Duplex } from 'node:stream';
import { connectSocks } from '@tearless/tor/socks/connect.ts';
import { SocksRefusal } from '@tearless/tor/socks/problem.ts';
import type { Clock } from '../../base/clock.ts';
import type { ProbeResult, Prober, ProbeTarget } from '../model/prober.ts';
import { askHttp } from './ask-http.ts';
import { defaultPatience, type PatienceRules, patienceFor, rememberedAnswers } from './patience.ts';
import { explainRefusal, isOfDescriptor } from './refusal.ts';

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
  /** Lets tor forget what it holds against introduction points; does not reject. */
  readonly forgetFailures: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly randomBytes: (bytes: number) => Uint8Array;
  readonly patience?: PatienceRules | undefined;
}

export const createProber = (options: ProberOptions): Prober => {
  const { patience = defaultPatience, closeCircuits, forgetFailures, randomBytes } = options;
  let answers: readonly number[] = [];
  const failuresInARow = new Map<string, number>();
  return {
    path: options.path,
    probe: async (target, signal) => {
      const { onionAddress } = target;
      if (failuresInARow.get(onionAddress) === 1) await forgetFailures(signal);
      const problem = await target.prepare?.(signal);
      if (problem !== undefined) return { ok: false, why: problem, blame: 'descriptor' };
      const username = `tearless-probe-${Buffer.from(randomBytes(8)).toString('hex')}`;
      try {
        const deadlineMs = patienceFor(answers, patience);
        const result = await probe(options, target, { username, deadlineMs }, signal);
        if (result.ok) {
          answers = [...answers, result.tookMs].slice(-rememberedAnswers);
          failuresInARow.delete(onionAddress);
        } else failuresInARow.set(onionAddress, (failuresInARow.get(onionAddress) ?? 0) + 1);
        return result;
      } finally {
        await closeCircuits({ username, onionAddress });
      }
    },
  };
};

const probe = async (
  { openSocks, findPathProblem, clock }: ProberOptions,
  target: ProbeTarget,
  { username, deadlineMs }: { readonly username: string; readonly deadlineMs: number },
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
    return { ok: false, why: messageOf(error), blame: 'path' };
  }
  try {
    const { onionAddress, port, expects } = target;
    const stream = await connectSocks(socket, { host: onionAddress, port, username }, both);
    const problem = expects?.kind === 'http' ? await askHttp(stream, expects.host, both) : undefined;
    if (problem !== undefined) return { ok: false, why: problem };
    return { ok: true, tookMs: clock.now() - startMs };
  } catch (error) {
    signal.throwIfAborted();
    // The refusal came over the rendezvous circuit: the worker's tor is there.
    const isAnswered = error instanceof SocksRefusal && error.reply === 'connection-refused';
    if (target.expects?.kind === 'tor' && isAnswered) return { ok: true, tookMs: clock.now() - startMs };
    if (target.prepare !== undefined && error instanceof SocksRefusal && isOfDescriptor(error.reply))
      return { ok: false, why: 'directories do not have its private address any more', blame: 'descriptor' };
    const { why, isUnclear } = explain(error, deadline, deadlineMs);
    const pathProblem = isUnclear ? await findPathProblem(signal) : undefined;
    if (pathProblem === undefined) return { ok: false, why };
    return { ok: false, why: `${pathProblem} (${why})`, blame: 'path' };
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
