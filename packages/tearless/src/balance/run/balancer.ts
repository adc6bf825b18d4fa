// The process: a connection to tor that is made again when it is lost, the network as it is now, and the frontends' steps.
// Every reason for not publishing has a name, and passes by itself.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import { isDescribedError } from '../../base/error.ts';
import { Limiter } from '../../host/limiter.ts';
import { BalanceError } from '../balance-error.ts';
import { isConnectionLost } from '../learn/learn-worker.ts';
import { findClockProblem, type NetworkView, readNetworkView } from '../learn/network-view.ts';
import type { FrontendConfig } from '../model/frontend-config.ts';
import type { BalancerState } from './event.ts';
import { Frontend, type FrontendWorld } from './frontend.ts';
import { timingsFor } from './timings.ts';

export interface BalancerOptions extends FrontendWorld {
  readonly frontends: readonly FrontendConfig[];
  /** Opens the control port of the balancer's tor. */
  readonly connect: (signal: AbortSignal) => Promise<Controller>;
  /** Ends the balancer. */
  readonly signal: AbortSignal;
}

/** Guards see no more circuits of ours at once. */
const mostCircuits = 4;
const reconnectMs: readonly [number, number] = [500, 30_000];
/** What passes by itself is looked at so often. */
const waitMs = 5_000;
const longestWaitMs = 10 * 60_000;

/** Kinds of errors that waiting does not cure. */
const lastingKinds: ReadonlySet<string> = new Set(['denied', 'config', 'usage', 'bug', 'refused']);

/**
 * Runs until the signal fires.
 * @throws TorError kind `denied` when tor does not let us in, StoreError, BalanceError `balance-state`
 */
export const runBalancer = async (options: BalancerOptions): Promise<void> => {
  const { clock, emit, connect, signal } = options;
  const frontends = await Promise.all(options.frontends.map((config) => Frontend.open(config, options)));
  let state: BalancerState | undefined;
  let said: string | null = null;
  const note = async (next: BalancerState, why: string | null = null): Promise<void> => {
    if (next === state && why === said) return;
    [state, said] = [next, why];
    emit({ kind: 'balancer.state-changed', state: next, why });
    await Promise.all(frontends.map((frontend) => frontend.note(next, why)));
  };
  const circuits = new Limiter(mostCircuits);
  let failures = 0;
  while (!signal.aborted) {
    try {
      await note('connecting', said);
      await using controller = await connect(signal);
      failures = 0;
      await serve(controller, { ...options, circuits, note }, frontends);
    } catch (error) {
      if (signal.aborted) break;
      if (!isPassing(error)) throw error;
      await note('connecting', error instanceof Error ? error.message : String(error));
      failures += 1;
      const pauseMs = Math.min(reconnectMs[1], reconnectMs[0] * 2 ** Math.min(10, failures - 1));
      await clock.sleep(pauseMs, signal).catch(() => {}); // the loop looks at the signal
    }
  }
  await note('stopped');
};

/** Whether it makes sense to connect again. */
const isPassing = (error: unknown): boolean =>
  error instanceof TorError ? error.kind !== 'denied' : isDescribedError(error) && !lastingKinds.has(error.kind);

interface Serving extends BalancerOptions {
  readonly circuits: Limiter;
  readonly note: (state: BalancerState, why?: string | null) => Promise<void>;
}

/** As long as this connection lasts. */
const serve = async (controller: Controller, serving: Serving, frontends: readonly Frontend[]): Promise<void> => {
  const { clock, circuits, note } = serving;
  const ending = new AbortController();
  void controller.closed.then((error) => ending.abort(error));
  const signal = AbortSignal.any([serving.signal, ending.signal]);
  const isTestNetwork = (await controller.getConf('TestingTorNetwork')).includes('1');
  const timings = timingsFor({ isTestNetwork });
  let isStale = true;
  let wake = (): void => {};
  const listen = async (): Promise<void> => {
    for await (const _ of controller.events('NEWCONSENSUS', { signal })) {
      isStale = true;
      wake();
    }
  };
  listen().catch(() => {}); // the connection's end is told by `signal`
  const pause = async (ms: number): Promise<void> => {
    if (isStale) return;
    const woken = new AbortController();
    wake = () => woken.abort();
    await clock.sleep(Math.max(0, ms), AbortSignal.any([signal, woken.signal])).catch(() => {}); // the caller looks at the signal
  };
  let view: NetworkView | undefined;
  while (!signal.aborted) {
    if (isStale || view === undefined) {
      isStale = false;
      const read = await readView(controller, isTestNetwork);
      if (!('view' in read)) {
        await note(read.state, read.why);
        view = undefined;
        await pause(waitMs);
        continue;
      }
      view = read.view;
    }
    const clockProblem = findClockProblem(view, clock.now());
    if (clockProblem !== undefined) {
      await note(clockProblem, explainClock(view, clock.now()));
      await pause(waitMs);
      continue;
    }
    await note('running');
    const session = { controller, view, timings, circuits, signal };
    const dueMs = await Promise.all(frontends.map((frontend) => frontend.step(session)));
    await pause(Math.min(longestWaitMs, Math.min(...dueMs) - clock.now()));
  }
  // Why the connection ended, for the one who makes the next.
  if (!serving.signal.aborted) throw ending.signal.reason;
};

type Read = { readonly view: NetworkView } | { readonly state: BalancerState; readonly why: string };

const readView = async (controller: Controller, isTestNetwork: boolean): Promise<Read> => {
  try {
    if ((await controller.getInfo('status/circuit-established')) !== '1')
      return { state: 'tor-starting', why: 'tor has built no circuit yet' };
    return { view: await readNetworkView(controller, isTestNetwork) };
  } catch (error) {
    if (error instanceof BalanceError && error.code === 'balance-ring-incomplete')
      return { state: 'ring-incomplete', why: error.message };
    if (error instanceof TorError && !isConnectionLost(error)) return { state: 'tor-starting', why: error.message };
    throw error;
  }
};

const explainClock = ({ validAfterMs, validUntilMs }: NetworkView, nowMs: number): string => {
  const time = (ms: number): string => new Date(ms).toISOString();
  return `the clock says ${time(nowMs)}, the consensus is valid from ${time(validAfterMs)} to ${time(validUntilMs)}`;
};
