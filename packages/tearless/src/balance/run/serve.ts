// As long as one connection to tor lasts: the network as it is now, the frontends that are due, and whatever else goes on
// beside. Every reason for not publishing has a name, and passes by itself.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import { readBalanceDrains } from '../../store/balance-drains.ts';
import { BalanceError } from '../balance-error.ts';
import { Turns, turnRulesFor } from '../circuits/turns.ts';
import { isConnectionLost } from '../learn/learn-worker.ts';
import { findClockProblem, type NetworkView, readNetworkView } from '../learn/network-view.ts';
import type { PrivateSession } from '../probe/private-frontend.ts';
import type { Alarm } from './alarm.ts';
import type { BalancerState } from './event.ts';
import type { Frontend } from './frontend.ts';
import type { Leader } from './leader.ts';
import { LookLine } from './look-line.ts';
import { explainNoProber, type MakeProber, type PrivateFrontends, startProbes } from './probes.ts';
import type { LedWorld, Session } from './session.ts';
import { timingsFor } from './timings.ts';

export interface Serving {
  readonly world: LedWorld;
  readonly frontends: readonly Frontend[];
  readonly privates: PrivateFrontends;
  readonly makeProber: MakeProber | undefined;
  readonly leader: Leader;
  readonly note: (state: BalancerState, why?: string | null) => Promise<void>;
  readonly alarm: Alarm;
  /** When each is due; those that are not in it are due now. */
  readonly due: Map<Frontend, number>;
  readonly signal: AbortSignal;
}

/** What passes by itself is looked at so often. */
const waitMs = 5_000;
const longestWaitMs = 10 * 60_000;
/** Rounds at once: each has its descriptors in memory, a third of a megabyte; two use up all circuits where nothing hangs. */
const mostRounds = 8;
/** Looks that have begun, for each circuit: most wait for a directory that hangs, or for the turn to ask the next. */
const looksPerCircuit = 4;
const unlimited = { perSecond: 1e9, most: 1e9 };

/** @throws what ended it, unless that is the signal */
export const serve = async (controller: Controller, serving: Serving): Promise<void> => {
  const { world, frontends, leader, note, alarm, due } = serving;
  const { clock, store, ledger } = world;
  const ending = new AbortController();
  const fail = (error: unknown): void => ending.abort(error);
  void controller.closed.then((error) => fail(error));
  const signal = AbortSignal.any([serving.signal, ending.signal]);
  const isTestNetwork = (await controller.getConf('TestingTorNetwork')).includes('1');
  const turnRules = turnRulesFor(frontends.length);
  const turns = new Turns(turnRules, clock);
  const looks = new LookLine(looksPerCircuit * turnRules.mostAtOnce, signal);
  const rounds = new Turns({ mostAtOnce: mostRounds, uploads: unlimited }, clock);
  const polled = frontends.flatMap(({ config }) => config.workers.filter(({ helper }) => helper === undefined)).length;
  const timings = timingsFor({ isTestNetwork }, polled, turnRules.mostAtOnce);
  let isStale = true;
  const listen = async (): Promise<void> => {
    const events = controller.events('NEWCONSENSUS', { signal })[Symbol.asyncIterator]();
    while (await hasCome(events)) {
      isStale = true;
      alarm.ring();
    }
  };
  listen().catch(() => {}); // the connection's end is told by `signal`
  let view: NetworkView | undefined;
  const mayPublish = (): boolean =>
    leader.mayPublish() && view !== undefined && findClockProblem(view, clock.now()) === undefined;
  const probes = await joinProbes(controller, serving, {
    isTestNetwork,
    readSession: () =>
      view === undefined ? undefined : { controller, view, turns, mayPublish, republishMs: timings.republishMs },
    signal,
  });
  probes?.run(signal).catch(fail);
  const running = new Map<Frontend, Promise<void>>();
  const step = async (frontend: Frontend, session: Session): Promise<void> => {
    try {
      const nextMs = await frontend.step(session);
      // What came meanwhile has taken it out again.
      if (due.has(frontend)) due.set(frontend, nextMs);
    } catch (error) {
      fail(error);
    } finally {
      running.delete(frontend);
      alarm.ring();
    }
  };
  let wishesDueMs = 0;
  let term: number | undefined;
  while (!signal.aborted) {
    if (isStale || view === undefined) {
      isStale = false;
      const read = await readView(controller, isTestNetwork);
      if (!('view' in read)) {
        await note(read.state, read.why);
        view = undefined;
        await alarm.pause(waitMs, signal);
        continue;
      }
      view = read.view;
      due.clear();
    }
    const clockProblem = findClockProblem(view, clock.now());
    if (clockProblem !== undefined) {
      await note(clockProblem, explainClock(view, clock.now()));
      await alarm.pause(waitMs, signal);
      continue;
    }
    if (leader.mayPublish() && term !== leader.term) {
      const entered = leader.term;
      ledger.forget();
      for (const frontend of frontends) await frontend.enterTerm(entered);
      term = entered;
    }
    const { state, why } = leader.standing;
    await note(state === 'leading' ? 'running' : state, why);
    if (wishesDueMs <= clock.now()) {
      wishesDueMs = clock.now() + timings.wishMs;
      await ledger.flush();
      const drains = await ledger.read(() => readBalanceDrains(store));
      if (drains !== undefined) takeDrains(frontends, drains);
    }
    const session = {
      controller,
      view,
      timings,
      turns,
      looks,
      rounds,
      mayPublish,
      isProbed: probes !== undefined,
      signal,
      fail,
    };
    for (const frontend of frontends) {
      if (running.has(frontend) || (due.get(frontend) ?? 0) > clock.now()) continue;
      due.set(frontend, Number.POSITIVE_INFINITY);
      running.set(frontend, step(frontend, session));
    }
    probes?.update();
    let soonestMs = Math.min(wishesDueMs, leader.untilMs ?? Number.POSITIVE_INFINITY);
    for (const [frontend, ms] of due) if (ms < soonestMs && !running.has(frontend)) soonestMs = ms;
    await alarm.pause(Math.min(longestWaitMs, soonestMs - clock.now()), signal);
  }
  await Promise.all(running.values());
  // Why it ended, for the one who makes the next connection.
  if (!serving.signal.aborted) throw ending.signal.reason;
};

/** The event has all relays in it, megabytes: nothing is kept of it while the next is waited for. */
const hasCome = async (events: AsyncIterator<unknown, unknown>): Promise<boolean> =>
  (await events.next()).done !== true;

const joinProbes = async (
  controller: Controller,
  { frontends, privates, makeProber, world }: Serving,
  {
    isTestNetwork,
    readSession,
    signal,
  }: {
    readonly isTestNetwork: boolean;
    readonly readSession: () => PrivateSession | undefined;
    readonly signal: AbortSignal;
  },
) => {
  if (makeProber === undefined) return undefined;
  try {
    const prober = await makeProber(controller, signal);
    return startProbes({ frontends, privates, prober, world, isTestNetwork, readSession });
  } catch (error) {
    world.emit({ kind: 'balancer.not-probing', why: explainNoProber(error) });
    return undefined;
  }
};

const takeDrains = (
  frontends: readonly Frontend[],
  drains: readonly { readonly frontend: string; readonly worker: string }[],
): void => {
  const wanted = new Map<string, Set<string>>();
  for (const { frontend, worker } of drains) wanted.set(frontend, (wanted.get(frontend) ?? new Set()).add(worker));
  for (const frontend of frontends) frontend.setDrained(wanted.get(frontend.address) ?? new Set());
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
