// Everybody else: circuits of others, so that a cell comes over every link between relays every few seconds.
//
// When tor (0.4.9) has several DESTROY cells for one link, it sends the first at once and the others along with the next
// cell of a circuit there. In the world that comes in no time. On a private network, which nobody else uses, it may take a
// minute, and until then introduction points acknowledge introductions for a service that has died.
import { setTimeout as delay } from 'node:timers/promises';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import type { Network } from '../network/network.ts';
import type { NetworkNode } from '../network/network-node.ts';
import { CircuitLog } from './circuit-log.ts';
import { planWalks } from './plan-walks.ts';

export type Crowd = {
  /** How often every link has been used, both ways. */
  readonly rounds: number;
  /** @throws what ended the crowd before */
  stop(): Promise<void>;
};

/** Side by side: one that is not built holds up half of them. */
const lanes = 2;
/** Between the starts of a lane's circuits: 21 relays have 50 walks there and 50 back, which take 4.5 s. */
const everyMs = 90;
/** A circuit that is not there by then will not come. */
const builtWithinMs = 5_000;

const follow = async (controller: Controller, log: CircuitLog, signal: AbortSignal): Promise<void> => {
  const events = controller.events('CIRC', { signal });
  await events.ready;
  const read = async (): Promise<void> => {
    for await (const event of events) {
      log.take(event, Date.now());
      log.forgetBefore(Date.now() - builtWithinMs);
    }
  };
  read().catch(() => {}); // the connection ended: whoever uses it next gets the error
};

const settled = new Set(['BUILT', 'FAILED', 'CLOSED']);

/** @param node a tor client that does nothing that anybody watches */
export const startCrowd = async (node: NetworkNode, network: Network): Promise<Crowd> => {
  const controller = await node.control;
  const relays = [...network.withRole('authority'), ...network.withRole('relay')].map(
    ({ fingerprint }) => `$${fingerprint}`,
  );
  // Two relays often have a connection each that the other does not use for what it extends: both ways, then.
  const walks = planWalks(relays.length).flatMap((walk) => [walk, walk.toReversed()]);
  const stopping = new AbortController();
  const { signal } = stopping;
  const log = new CircuitLog();
  await follow(controller, log, signal);
  let begun = 0;
  const walk = async (path: readonly string[]): Promise<void> => {
    let id: string;
    try {
      id = await controller.extendCircuit({ path });
    } catch (error) {
      // tor knows no such relay now, or no way there; anything else ends the crowd.
      if (error instanceof TorError && (error.kind === 'refused' || error.kind === 'failed')) return;
      throw error;
    }
    const isSettled = () => (settled.has(log.circuit(id)?.status ?? '') ? true : undefined);
    await log.wait(isSettled, AbortSignal.any([signal, AbortSignal.timeout(builtWithinMs)])).catch(() => {}); // as good as failed
    await controller.closeCircuit(id).catch(() => {}); // it may be gone already
  };
  const keepWalking = async (): Promise<void> => {
    while (!signal.aborted) {
      const next = delay(everyMs, undefined, { signal }).catch(() => {}); // the loop looks at the signal
      const indices = walks[begun++ % walks.length] ?? [];
      await walk(indices.flatMap((index) => relays[index] ?? []));
      await next;
    }
  };
  const loops = Promise.all(Array.from({ length: lanes }, keepWalking));
  loops.catch(() => stopping.abort()); // whoever stops it gets the error
  return {
    get rounds() {
      return Math.floor(begun / walks.length);
    },
    async stop() {
      stopping.abort();
      await loops;
    },
  };
};
