// Requests through exits: circuits built hop by hop as the oracle chooses, so that a relay of the fleet is on each of them,
// at every place in turn. The tor client leaves its streams to us (`__LeaveStreamsUnattached`).
import type { Controller } from '@tearless/tor/control/controller.ts';
import { choosePath, type Draw, type KnownRelay } from './choose-path.ts';
import type { CircuitLog } from './circuit-log.ts';
import type { AttemptEvent } from './outcome.ts';
import { type AttemptOptions, fetchOn, type Route, type RouteAttempt } from './route.ts';
import { connectSocks } from './socks.ts';

export type ExitRouteOptions = {
  controller: Controller;
  log: CircuitLog;
  socksSocket: string;
  target: { address: string; port: number };
  fleet: ReadonlySet<string>;
  /** All that the client's consensus lists as running now. */
  relays: () => readonly KnownRelay[];
  draw: Draw;
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class ExitRoute implements Route {
  readonly #options: ExitRouteOptions;

  constructor(options: ExitRouteOptions) {
    this.#options = options;
  }

  async attempt(options: AttemptOptions): Promise<RouteAttempt> {
    const { controller, fleet, relays, draw } = this.#options;
    const path = choosePath(relays(), fleet, options.avoid, draw);
    if (path === undefined) return this.#failed('the consensus has no path through the fleet');
    let circuitId: string;
    try {
      const hops = path.map((hop) => `$${hop}`);
      circuitId = await controller.extendCircuit({ path: hops, signal: options.connectSignal });
    } catch (error) {
      return this.#failed(reasonOf(error));
    }
    try {
      return await this.#on(circuitId, path, options);
    } finally {
      // It may be gone already, which is what closing it is for.
      await controller.closeCircuit(circuitId).catch(() => {});
    }
  }

  async #on(circuitId: string, path: readonly string[], options: AttemptOptions): Promise<RouteAttempt> {
    const { controller, log, socksSocket, target } = this.#options;
    const { name, connectSignal } = options;
    const atMs = () => Date.now();
    const pathNow = () => log.circuit(circuitId)?.path ?? [];
    let built: string;
    try {
      built = await log.wait(() => {
        const status = log.circuit(circuitId)?.status;
        return status === 'BUILT' || status === 'FAILED' || status === 'CLOSED' ? status : undefined;
      }, connectSignal);
    } catch (error) {
      built = reasonOf(error);
    }
    if (built !== 'BUILT') {
      const reached = pathNow().length;
      const failedHop = path[reached];
      const why = log.circuit(circuitId)?.reason ?? built;
      const event: AttemptEvent = { atMs: atMs(), event: 'circuit-failed', reason: `hop ${reached + 1}: ${why}` };
      // The relay that was asked is part of the attempt although it never answered.
      const clientPath = path.slice(0, reached + 1);
      return { events: [event], clientPath, receivedBytes: 0, ...(failedHop === undefined ? {} : { failedHop }) };
    }
    const attaching = new AbortController();
    const signal = AbortSignal.any([connectSignal, attaching.signal]);
    const attached = log
      .wait(() => {
        const stream = log.stream(name);
        return stream?.status === 'NEW' ? stream.id : undefined;
      }, signal)
      .then((streamId) => controller.attachStream(streamId, circuitId, { signal }));
    // When tor refuses to attach the stream, or detaches it again, the SOCKS request below would wait for nothing.
    const detached = log
      .wait(() => {
        const stream = log.stream(name);
        return stream?.status === 'DETACHED' ? new Error(stream.reason) : undefined;
      }, signal)
      .then((error) => attaching.abort(error));
    for (const step of [attached, detached]) step.catch((error: unknown) => attaching.abort(error));
    try {
      const socket = await connectSocks(
        socksSocket,
        { host: target.address, port: target.port, username: name },
        signal,
      );
      const fetched = await fetchOn(socket, target.address, options);
      return { ...fetched, clientPath: pathNow() };
    } catch (error) {
      const reason = log.stream(name)?.reason ?? reasonOf(error);
      return { events: [{ atMs: atMs(), event: 'stream-failed', reason }], clientPath: pathNow(), receivedBytes: 0 };
    } finally {
      attaching.abort();
      log.forgetStream(name);
    }
  }

  #failed(reason: string): RouteAttempt {
    return { events: [{ atMs: Date.now(), event: 'circuit-failed', reason }], clientPath: [], receivedBytes: 0 };
  }
}
