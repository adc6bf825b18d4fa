// The process: a connection to tor that is made again when it is lost, and whatever goes on over all connections: helpers,
// leadership, the frontends and what they know.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { StoreError } from '../../store/store-error.ts';
import { LearnMemory } from '../learn/learn-memory.ts';
import type { FrontendConfig } from '../model/frontend-config.ts';
import type { Leadership } from '../model/leadership.ts';
import { Alarm } from './alarm.ts';
import type { BalancerState } from './event.ts';
import { Frontend } from './frontend.ts';
import { Leader } from './leader.ts';
import { Ledger } from './ledger.ts';
import { isPassing, isStoreAway } from './passing.ts';
import { type MakeProber, openPrivateFrontends } from './probes.ts';
import { serve } from './serve.ts';
import type { FrontendWorld, LedWorld } from './session.ts';

export interface BalancerOptions extends FrontendWorld {
  readonly frontends: readonly FrontendConfig[];
  /** Opens the control port of the balancer's tor. */
  readonly connect: (signal: AbortSignal) => Promise<Controller>;
  /** Without one, workers are in by their own word. */
  readonly makeProber?: MakeProber | undefined;
  /** Of several balancers with one store; without one this balancer is the only one. */
  readonly leadership?: Leadership | undefined;
  /** Ends the balancer. */
  readonly signal: AbortSignal;
}

const reconnectMs: readonly [number, number] = [500, 30_000];
/** What has worked for so long is tried again at once. */
const goodEnoughMs = 60_000;

/** What keeps this process from publishing, and may not keep another. */
const hindrances: ReadonlySet<BalancerState> = new Set([
  'connecting',
  'tor-starting',
  'ring-incomplete',
  'clock-behind',
  'consensus-stale',
]);

/**
 * Runs until the signal fires.
 * @throws TorError kind `denied` when tor does not let us in, StoreError, BalanceError `balance-state`
 */
export const runBalancer = async (options: BalancerOptions): Promise<void> => {
  const { clock, emit, connect } = options;
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const alarm = new Alarm(clock);
  const due = new Map<Frontend, number>();
  const leader = new Leader(options.leadership, () => {
    due.clear();
    alarm.ring();
  });
  const world = { ...options, ledger: new Ledger(leader, clock) };
  const frontends = await openFrontends(world, (frontend) => {
    due.delete(frontend);
    alarm.ring();
  });
  let state: BalancerState | undefined;
  let said: string | null = null;
  const note = async (next: BalancerState, why: string | null = null): Promise<void> => {
    if (next === state && why === said) return;
    emit({ kind: 'balancer.state-changed', state: next, why });
    [state, said] = [next, why];
    leader.offer(!hindrances.has(next));
    for (const frontend of frontends) {
      const own = next === 'running' ? frontend.service : { state: next, why };
      await frontend.note(own.state, own.why, leader.mayPublish());
    }
  };
  const leaving = new AbortController();
  const beside = [leader.follow(leaving.signal), ...frontends.flatMap((one) => followHelpers(one, signal))];
  for (const task of beside) task.catch((error: unknown) => ending.abort(error));
  const serving = {
    world,
    frontends,
    privates: openPrivateFrontends(frontends, options),
    makeProber: options.makeProber,
    leader,
    note,
    alarm,
    due,
    signal,
  };
  let failures = 0;
  let beganMs = clock.now();
  try {
    while (!signal.aborted) {
      try {
        if (state !== 'store-lost') await note('connecting', said);
        await using controller = await connect(signal);
        beganMs = clock.now();
        await serve(controller, serving);
      } catch (error) {
        if (signal.aborted) break;
        if (!isPassing(error)) throw error;
        const why = error instanceof Error ? error.message : String(error);
        await note(error instanceof StoreError ? 'store-lost' : 'connecting', why).catch(rethrowUnlessPassing);
        failures = clock.now() - beganMs > goodEnoughMs ? 1 : failures + 1;
        const pauseMs = Math.min(reconnectMs[1], reconnectMs[0] * 2 ** Math.min(10, failures - 1));
        await clock.sleep(pauseMs, signal).catch(() => {}); // the loop looks at the signal
      }
    }
    // While it still leads: what is written down is the leader's word.
    await note('stopped').catch(rethrowUnlessPassing);
  } finally {
    ending.abort();
    leaving.abort();
    await Promise.all(beside);
  }
};

/** A state that cannot be written down was told as an event already. */
const rethrowUnlessPassing = (error: unknown): void => {
  if (!isStoreAway(error)) throw error;
};

const openFrontends = async (
  options: BalancerOptions & LedWorld,
  wake: (frontend: Frontend) => void,
): Promise<Frontend[]> => {
  const workers = options.frontends.reduce((sum, one) => sum + one.workers.length, 0);
  const memory = new LearnMemory(workers);
  const opened: Frontend[] = [];
  for (const config of options.frontends) {
    const frontend: Frontend = await Frontend.open({
      config,
      world: options,
      memory,
      isProbed: options.makeProber !== undefined,
      wake: () => wake(frontend),
    });
    opened.push(frontend);
  }
  return opened;
};

const followHelpers = (frontend: Frontend, signal: AbortSignal): Promise<void>[] =>
  frontend.config.workers.flatMap(({ id, helper }) =>
    helper === undefined ? [] : helper.follow((heard) => frontend.hearHelper(id, heard), signal),
  );
