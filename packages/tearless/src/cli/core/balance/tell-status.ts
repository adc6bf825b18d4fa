// What `balance run` answers while it runs: its status on a socket, and metrics. Both from one observation of its events.

import { contentType, renderExposition } from '../../../balance/observe/exposition.ts';
import { listMetrics } from '../../../balance/observe/metrics.ts';
import { Observation } from '../../../balance/observe/observation.ts';
import { describeStatus } from '../../../balance/observe/status.ts';
import type { BalanceEvent } from '../../../balance/run/event.ts';
import type { Clock } from '../../../base/clock.ts';
import { type Listener, type ListenPlace, serveHttp, serveText } from '../../../host/local/listen.ts';
import { usageError } from '../cli-error.ts';

export interface TellOptions {
  /** Path of a unix socket. */
  readonly statusSocket: string | undefined;
  /** A port of 127.0.0.1, or the path of a unix socket. */
  readonly metrics: string | undefined;
  readonly clock: Clock;
}

export interface Telling extends AsyncDisposable {
  readonly take: (event: BalanceEvent) => void;
}

/** @throws CliError for what is no place, HostError when nobody can listen there */
export const tellStatus = async ({ statusSocket, metrics, clock }: TellOptions): Promise<Telling> => {
  const observation = new Observation();
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  };
  const answerMetrics = (path: string) =>
    path === '/metrics'
      ? { status: 200, contentType, body: renderExposition(listMetrics(observation, clock.now())) }
      : { status: 404, contentType: 'text/plain', body: 'the metrics are at /metrics\n' };
  try {
    if (statusSocket !== undefined)
      listeners.push(
        await serveText(
          parsePlace('--status-socket', statusSocket),
          () => `${JSON.stringify(describeStatus(observation))}\n`,
        ),
      );
    if (metrics !== undefined) listeners.push(await serveHttp(parsePlace('--metrics', metrics), answerMetrics));
  } catch (error) {
    await close();
    throw error;
  }
  return { take: (event) => observation.take(event, clock.now()), [Symbol.asyncDispose]: close };
};

const parsePlace = (option: '--status-socket' | '--metrics', text: string): ListenPlace => {
  if (text.startsWith('/')) return { path: text };
  const port = option === '--metrics' && /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return { port };
  throw option === '--metrics'
    ? usageError(
        `'${text}' is neither a path nor a port`,
        '--metrics 9101 (on 127.0.0.1), or --metrics /run/tearless/metrics',
      )
    : usageError(`'${text}' is no absolute path`, '--status-socket /run/tearless/status');
};
