// A helper beside a worker's tor, over the way that there is to its host: followed for as long as it is wanted, connected again
// whenever it is lost. Nothing that a host does ends it.
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import type { OnionTarget } from '../../host/host.ts';
import type { Random } from '../../stats/random/random.ts';
import type { HelperHeard, WorkerHelper } from '../model/worker-helper.ts';
import { type ConnectionEnd, explainEnd } from './connection-end.ts';
import { followConnection } from './follow-connection.ts';

/** Opens control connections that show one onion service: a `Host`, or the restricted door of `createOnionDoor`. */
export interface WayToTor {
  readonly name: string;
  open(target: OnionTarget, options: { readonly signal: AbortSignal }): Promise<Duplex>;
}

export interface WorkerHelperOptions {
  readonly way: WayToTor;
  /** `default`, or the NAME of tor@NAME. */
  readonly instance: string;
  /** The worker's own, with or without `.onion`. */
  readonly onionAddress: string;
  /** The port that it is visited on. With it the worker is down also when what lies behind takes no connections. */
  readonly port?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

const openTimeoutMs = 20_000;
/** Pauses between two tries: the first, then twice as long each time, up to the second. */
const pauseMs: readonly [number, number] = [500, 30_000];
/** After one that stood so long the pauses begin anew. */
const steadyMs = 5_000;
const refusedPauseMs = 30_000;

export const createWorkerHelper = (options: WorkerHelperOptions): WorkerHelper => {
  const { way, instance, onionAddress, port, clock, random } = options;
  const target: OnionTarget = { kind: 'onion', instance, onionAddress, ...(port === undefined ? {} : { port }) };

  const followOnce = async (hear: (heard: HelperHeard) => void, signal: AbortSignal): Promise<ConnectionEnd> => {
    const late = AbortSignal.timeout(openTimeoutMs);
    let stream: Duplex;
    try {
      stream = await way.open(target, { signal: AbortSignal.any([signal, late]) });
    } catch (error) {
      if (!signal.aborted && late.aborted)
        return { kind: 'lost', why: `${way.name}: no connection within ${openTimeoutMs / 1000} s` };
      return explainEnd(error);
    }
    return followConnection(stream, { onionAddress, isServiceWatched: port !== undefined, clock, hear, signal });
  };

  return {
    follow: async (hear, signal) => {
      let failures = 0;
      let told: string | undefined;
      while (!signal.aborted) {
        const begunMs = clock.now();
        let isFresh = true;
        const end = await followOnce((heard) => {
          if (heard.kind !== 'descriptor') isFresh = false;
          hear(heard);
        }, signal);
        if (signal.aborted) return;
        const { kind, why } = end;
        const heard = kind === 'down' ? kind : 'lost';
        // A try that found what the last one found is no news.
        if (!isFresh || told !== `${heard} ${why}`) hear({ kind: heard, atMs: clock.now(), why });
        told = `${heard} ${why}`;
        failures = clock.now() - begunMs >= steadyMs ? 1 : failures + 1;
        const [first, most] = pauseMs;
        const restMs = kind === 'refused' ? refusedPauseMs : Math.min(most, first * 2 ** Math.min(10, failures - 1));
        // The loop looks at the signal.
        await clock.sleep(restMs * (0.8 + 0.4 * random.uniform()), signal).catch(() => {});
      }
    },
  };
};
