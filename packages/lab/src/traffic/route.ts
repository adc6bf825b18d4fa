// What the two ways through Tor have in common: an attempt at a request, made once, on a circuit of its own.
import type { Socket } from 'node:net';
import type { WebRequest } from '../network/web-protocol.ts';
import { type FetchResult, fetchBody } from './fetch-body.ts';
import type { Attempt, AttemptEvent } from './outcome.ts';

export type AttemptOptions = {
  /** Different for every attempt: it is the SOCKS user name, and the name under which the body is asked for. */
  name: string;
  totalBytes: number;
  bytesPerSecond: number;
  /** Ends the wait for an open stream; the body may take longer. */
  connectSignal: AbortSignal;
  /** Ends all of it. */
  signal: AbortSignal;
  silenceMs: number;
  /** Relays that did not answer an earlier attempt at the same request. */
  avoid: ReadonlySet<string>;
};

export type RouteAttempt = Attempt & {
  receivedBytes: number;
  /** The hop that an explicit circuit could not be extended to. */
  failedHop?: string;
};

export interface Route {
  attempt(options: AttemptOptions): Promise<RouteAttempt>;
}

const endEvents: Record<FetchResult['end'], AttemptEvent['event']> = {
  complete: 'body-complete',
  corrupt: 'body-corrupt',
  cut: 'stream-cut',
  silent: 'stream-silent',
  aborted: 'gave-up',
};

/** Asks for the body on an open stream; gives the events of it, the opening included. */
export const fetchOn = async (
  socket: Socket,
  host: string,
  { name, totalBytes, bytesPerSecond, silenceMs, signal }: AttemptOptions,
): Promise<{ events: AttemptEvent[]; receivedBytes: number }> => {
  const connectedMs = Date.now();
  const request: WebRequest = { id: name, totalBytes, bytesPerSecond };
  const { end, reason, receivedBytes, lastByteMs } = await fetchBody(socket, request, { host, silenceMs, signal });
  const last: AttemptEvent = {
    atMs: Date.now(),
    event: endEvents[end],
    aliveMs: lastByteMs ?? connectedMs,
    ...(reason === undefined ? {} : { reason }),
  };
  return { events: [{ atMs: connectedMs, event: 'stream-connected' }, last], receivedBytes };
};
