// Connects the oracle to a private network: two of its tor clients, told how to choose circuits, what the onion services'
// tors say about theirs, and the web server's reports.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { LabError } from '../base/lab-error.ts';
import { waitUntilListed } from '../network/consensus.ts';
import type { Network } from '../network/network.ts';
import type { NetworkNode } from '../network/network-node.ts';
import { readRelayList } from '../network/relay-list.ts';
import { parseReport } from '../network/web-protocol.ts';
import type { KnownRelay } from './choose-path.ts';
import { CircuitLog } from './circuit-log.ts';
import { ExitRoute } from './exit-route.ts';
import { OnionRoute } from './onion-route.ts';
import { Oracle, type OracleLoad } from './oracle.ts';

export type OracleOptions = Partial<OracleLoad> & {
  network: Network;
  /** Fingerprints of the fleet's relays. At least two relays outside it must run. */
  fleet: readonly string[];
  /** Every record goes there as a line of JSON. */
  recordsFile?: string;
  /** Resolves when every restart that was planned until now has been told; awaited before a cut is judged. */
  catchUp?: () => Promise<void>;
  /** How long the fleet may take to be known to the oracle's tor clients. Default 3 min. */
  timeoutMs?: number;
  signal?: AbortSignal;
};

const defaultLoad: OracleLoad = { ratePerSecond: 4, downloads: 2, downloadSeconds: 30 };

/** Circuits that ended are remembered for so long: longer than any request looks back. */
const rememberMs = 5 * 60_000;

const unfit = (message: string) => new LabError('traffic-unfit-network', message, { kind: 'usage' });

const asNodes = (fingerprints: Iterable<string>): string => [...fingerprints].map((hop) => `$${hop}`).join(',');

/**
 * Second hops of the client's half. tor builds no circuit that goes by a relay and ends at it: where the fleet is one
 * relay, circuits that end there (whose rendezvous point it is, say) go by others.
 */
const secondHopsOf = (network: Network, fleet: readonly string[]): readonly string[] => {
  const others = network.withRole('relay').flatMap(({ fingerprint }) => fingerprint ?? []);
  return fleet.length > 1 ? fleet : [...new Set([...fleet, ...others])];
};

const authoritiesOf = (network: Network): string[] =>
  network.withRole('authority').flatMap(({ fingerprint }) => fingerprint ?? []);

/** Feeds a log with what tor says about its circuits and streams, until closed or until the connection ends. */
const follow = async (controller: Controller, log: CircuitLog, closing: AsyncDisposableStack): Promise<void> => {
  const events = controller.events('CIRC', 'STREAM');
  closing.use(events);
  await events.ready;
  const read = async () => {
    for await (const event of events) log.take(event, Date.now());
  };
  read().catch(() => {}); // the connection ended: every request made through it fails and says so
};

/** The relays that a client's consensus lists as running, kept current. */
const followRelays = async (controller: Controller, closing: AsyncDisposableStack): Promise<() => KnownRelay[]> => {
  let relays: KnownRelay[] = [];
  const read = async () => {
    const listed = await readRelayList(controller);
    relays = listed
      .filter(({ flags }) => flags.has('Running'))
      .map(({ fingerprint, flags }) => ({ fingerprint, isExit: flags.has('Exit') }));
  };
  const events = controller.events('NEWCONSENSUS');
  closing.use(events);
  await events.ready;
  await read();
  const keep = async () => {
    for await (const _ of events) await read();
  };
  keep().catch(() => {}); // as above
  return () => relays;
};

/** Sets options of a tor and takes them back at the end, if it still runs then. */
const configure = async (
  controller: Controller,
  options: Record<string, string>,
  closing: AsyncDisposableStack,
): Promise<void> => {
  closing.defer(() => controller.resetConf(Object.keys(options)).catch(() => {}));
  await controller.setConf(options);
};

/** Which circuit of an onion service each request arrived by. */
const followArrivals = async (reportSocket: string, closing: AsyncDisposableStack): Promise<Map<string, string>> => {
  const arrivals = new Map<string, string>();
  const socket = connect(reportSocket);
  await once(socket, 'connect');
  closing.defer(() => {
    socket.destroy();
  });
  // When the web server ends, no request is answered any more: that tells enough.
  socket.on('error', () => {});
  createInterface(socket).on('line', (line) => {
    const report = parseReport(line);
    if (report.event === 'request' && report.circuitId !== undefined) arrivals.set(report.id, report.circuitId);
  });
  return arrivals;
};

const openOnionRoutes = async (
  client: NetworkNode,
  services: readonly NetworkNode[],
  { network, fleet }: OracleOptions,
  logs: CircuitLog[],
  closing: AsyncDisposableStack,
): Promise<OnionRoute[]> => {
  const controller = await client.control;
  const { socksSocket } = client.plan;
  if (socksSocket === undefined) throw new TypeError('a client without a SOCKS port');
  // With the guard outside and the second hop inside, the client's half is neither without the fleet nor all in it. A
  // relay that could not reach another tries again only after a minute; authorities do not depend on that: a relay that
  // starts connects to each of them, and the connection serves both ways.
  const options = {
    EntryNodes: asNodes(authoritiesOf(network)),
    HSLayer2Nodes: asNodes(secondHopsOf(network, fleet)),
    // tor 0.4.9 looks at HSLayer2Nodes only while this is on.
    VanguardsLiteEnabled: '1',
  };
  await configure(controller, options, closing);
  const log = new CircuitLog();
  logs.push(log);
  await follow(controller, log, closing);
  const arrivals = await followArrivals(network.web.reportSocket, closing);
  return Promise.all(
    services.map(async ({ control, onionAddress }) => {
      if (onionAddress === undefined) throw new TypeError('a service without an address');
      const service = await control;
      const serviceLog = new CircuitLog();
      logs.push(serviceLog);
      await follow(service, serviceLog, closing);
      return new OnionRoute({ controller, log, socksSocket, onionAddress, serviceLog, arrivals });
    }),
  );
};

const openExitRoute = async (
  client: NetworkNode,
  { network, fleet }: OracleOptions,
  logs: CircuitLog[],
  closing: AsyncDisposableStack,
): Promise<ExitRoute> => {
  const controller = await client.control;
  const { socksSocket } = client.plan;
  if (socksSocket === undefined) throw new TypeError('a client without a SOCKS port');
  await configure(controller, { __LeaveStreamsUnattached: '1', __DisablePredictedCircuits: '1' }, closing);
  const log = new CircuitLog();
  logs.push(log);
  await follow(controller, log, closing);
  const relays = await followRelays(controller, closing);
  return new ExitRoute({
    controller,
    log,
    socksSocket,
    target: network.web,
    fleet: new Set(fleet),
    relays,
    draw: (count) => randomInt(count),
  });
};

/**
 * Starts the oracle as soon as its tor clients, the network's first two, know the whole fleet.
 * @throws LabError `traffic-unfit-network`, `network-not-listed`
 */
export const startOracle = async (options: OracleOptions): Promise<Oracle> => {
  const { network, fleet, recordsFile, catchUp, timeoutMs, signal } = options;
  const [exitClient, onionClient] = network.withRole('client');
  const services = network.withRole('service');
  if (exitClient === undefined || onionClient === undefined) throw unfit('the oracle needs two tor clients');
  if (services.length === 0) throw unfit('the oracle needs an onion service');
  if (fleet.length === 0) throw unfit('the oracle needs the fingerprints of a fleet');

  const waiting = {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  };
  const clients = [exitClient, onionClient];
  await Promise.all(clients.map((node) => waitUntilListed(network, fleet, { node, ...waiting })));

  await using closing = new AsyncDisposableStack();
  const logs: CircuitLog[] = [];
  const exit = [await openExitRoute(exitClient, options, logs, closing)];
  const onion = await openOnionRoutes(onionClient, services, options, logs, closing);
  const forget = setInterval(() => {
    for (const log of logs) log.forgetBefore(Date.now() - rememberMs);
  }, rememberMs / 5);
  closing.defer(() => clearInterval(forget));
  const open = closing.move();
  const oracle = new Oracle({
    fleet: new Set(fleet),
    routes: { exit, onion },
    close: () => open.disposeAsync(),
    ...(recordsFile === undefined ? {} : { recordsFile }),
    ...(catchUp === undefined ? {} : { catchUp }),
  });
  const { ratePerSecond, downloads, downloadSeconds } = { ...defaultLoad, ...options };
  oracle.run({ ratePerSecond, downloads, downloadSeconds });
  return oracle;
};
