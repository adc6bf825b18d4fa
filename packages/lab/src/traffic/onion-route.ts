// Requests to an onion service: tor builds the circuits itself, constrained so that the second hop of the client's half is
// a relay of the fleet (HSLayer2Nodes), or may be one where the fleet is one relay. The service tells its half through the
// PROXY line, by way of the web server.
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { CircuitLog } from './circuit-log.ts';
import type { AttemptEvent } from './outcome.ts';
import { type AttemptOptions, fetchOn, type Route, type RouteAttempt } from './route.ts';
import { connectSocks } from './socks.ts';

export type OnionRouteOptions = {
  controller: Controller;
  log: CircuitLog;
  socksSocket: string;
  onionAddress: string;
  /** What the service's tor says about its circuits. */
  serviceLog: CircuitLog;
  /** The service's circuit that a request arrived by, once the web server has reported it. */
  arrivals: Map<string, string>;
};

/** A cut is known to both ends of a circuit within this time. */
const sameCutMs = 2000;

export class OnionRoute implements Route {
  readonly #options: OnionRouteOptions;

  constructor(options: OnionRouteOptions) {
    this.#options = options;
  }

  async attempt(options: AttemptOptions): Promise<RouteAttempt> {
    const { controller, log, socksSocket, onionAddress } = this.#options;
    const { name, connectSignal } = options;
    try {
      const target = { host: onionAddress, port: 80, username: name };
      const socket = await connectSocks(socksSocket, target, connectSignal);
      const fetched = await fetchOn(socket, onionAddress, options);
      const clientPath = this.#clientPath(name);
      const servicePath = await this.#servicePath(name, clientPath, fetched.events.at(-1));
      return { ...fetched, clientPath, ...(servicePath === undefined ? {} : { servicePath }) };
    } catch (error) {
      const reason = log.stream(name)?.reason ?? (error instanceof Error ? error.message : String(error));
      const clientPath = this.#clientPath(name);
      // tor holds against an introduction point, for two minutes, what all our requests met there. They stand for visitors
      // who know nothing of each other, so what one met must not keep the next one out. tor does this at most every 10 s.
      await controller.signal('NEWNYM').catch(() => {});
      return { events: [{ atMs: Date.now(), event: 'stream-failed', reason }], clientPath, receivedBytes: 0 };
    } finally {
      const circuitId = log.stream(name)?.circuitId;
      // It may be gone already, which is what closing it is for.
      if (circuitId !== undefined) await controller.closeCircuit(circuitId).catch(() => {});
      log.forgetStream(name);
      this.#options.arrivals.delete(name);
    }
  }

  #clientPath(name: string): readonly string[] {
    const { log } = this.#options;
    const circuitId = log.stream(name)?.circuitId;
    return circuitId === undefined ? [] : (log.circuit(circuitId)?.path ?? []);
  }

  /**
   * The relays of the service's half. When the stream broke before the web server had the request, nobody says which of the
   * service's circuits it was: then it is one that met the client's at its rendezvous point and ended at the same time.
   */
  async #servicePath(
    name: string,
    clientPath: readonly string[],
    end: AttemptEvent | undefined,
  ): Promise<readonly string[] | undefined> {
    const { arrivals, serviceLog } = this.#options;
    const arrived = arrivals.get(name);
    if (arrived !== undefined) return serviceLog.circuit(arrived)?.path;
    if (end?.event !== 'stream-cut' && end?.event !== 'stream-silent') return undefined;
    const endedMs = end.event === 'stream-cut' ? end.atMs : (end.aliveMs ?? end.atMs);
    const rendezvous = clientPath.at(-1);
    const met = () =>
      serviceLog
        .endedBetween('HS_SERVICE_REND', endedMs - sameCutMs, endedMs + sameCutMs)
        .filter(({ path }) => path.at(-1) === rendezvous);
    try {
      const found = await serviceLog.wait(() => (met().length > 0 ? met() : undefined), AbortSignal.timeout(sameCutMs));
      return found.flatMap(({ path }) => path);
    } catch {
      return undefined; // no such circuit: the cut was in the client's half
    }
  }
}
