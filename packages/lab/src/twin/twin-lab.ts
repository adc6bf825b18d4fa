// A private network on loopback for a rehearsal: two relays that run the same program, the only exits, each with clients that go
// by it, and an onion service. All nodes run that program, so that no other tor has to be on the machine.
import { join } from 'node:path';
import { claimLab, dropLab } from '../base/claim-lab.ts';
import { nodeAddress } from '../base/lab-name.ts';
import { labPaths } from '../base/lab-state.ts';
import type { NetworkNode } from '../network/network-node.ts';
import { dirPort, type NodeOwn, type NodePlan } from '../network/node-plan.ts';
import { startNetwork } from '../network/start-network.ts';
import { startEchoServer } from '../traffic/echo-server.ts';
import { TwinRelay } from './twin-relay.ts';

export type TwinLab = {
  readonly twin: TwinRelay;
  /** As the other, and left alone. */
  readonly bystander: TwinRelay;
  /** Ends all processes and removes everything. */
  stop(): Promise<void>;
};

export type TwinLabOptions = {
  readonly name: string;
  /** The program that all nodes run. */
  readonly tor: string;
  /** The program of the one that is left alone, where it is another. */
  readonly bystanderTor?: string;
  readonly ownerPid: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doing: string) => void;
};

const counts = { authorities: 3, relays: 4, clients: 4, services: 1 };
/** The web server of every network has another port there. */
const echoPort = 8091;
const onionPort = 8092;
const timeoutMs = 5 * 60_000;
const exits = ['relay0', 'relay1'];

const ownOf =
  (program: string, bystander: string, socket: string) =>
  ({ role, nickname, address }: NodePlan): NodeOwn => {
    const tor = nickname === exits[1] ? bystander : program;
    if (role === 'service') return { tor, extraTorrc: [`HiddenServicePort ${onionPort} unix:${socket}`] };
    if (exits.includes(nickname)) return { tor, extraTorrc: [`DirPort ${address}:${dirPort} IPv4Only`] };
    return role === 'relay' ? { tor, extraTorrc: ['ExitRelay 0'] } : { tor };
  };

const at = (nodes: readonly NetworkNode[], index: number): NetworkNode => {
  const node = nodes[index];
  if (node === undefined) throw new TypeError(`no node ${index}`);
  return node;
};

/** @throws LabError what starting a network throws; nothing is left then */
export const startTwinLab = async (options: TwinLabOptions): Promise<TwinLab> => {
  const { name, tor, bystanderTor = tor, ownerPid, signal, onProgress } = options;
  const lab = await claimLab(name);
  await using closing = new AsyncDisposableStack();
  closing.defer(() => dropLab(name));
  const socket = join(labPaths(name).network, 'echo.sock');
  const network = await startNetwork({
    ...counts,
    lab,
    ownerPid,
    timeoutMs,
    ownOf: ownOf(tor, bystanderTor, socket),
    onProgress: ({ detail }) => onProgress?.(detail),
    ...(signal === undefined ? {} : { signal }),
  });
  closing.defer(() => network.stop());
  const address = nodeAddress(lab.net, 0, 'loopback');
  for (const place of [{ address, port: echoPort }, { socket }]) {
    const server = await startEchoServer(place);
    closing.defer(() => server.close());
  }
  const [relays, clients] = [network.withRole('relay'), network.withRole('client')];
  const others = [...network.withRole('authority'), ...relays.slice(exits.length)].flatMap(
    ({ fingerprint }) => fingerprint ?? [],
  );
  const places = {
    exit: { host: address, port: echoPort },
    onion: { host: at(network.withRole('service'), 0).onionAddress ?? '', port: onionPort },
  };
  const [twin, bystander] = [0, 1].map((index) => {
    const own = { exit: at(clients, 2 * index), onion: at(clients, 2 * index + 1) };
    return new TwinRelay(at(relays, index), own, others, places);
  });
  if (twin === undefined || bystander === undefined) throw new TypeError('two relays, or an error above');
  await Promise.all([twin.route(bystander), bystander.route(twin)]);
  for (const relay of [twin, bystander]) closing.defer(() => relay.close());
  const open = closing.move();
  return { twin, bystander, stop: () => open.disposeAsync() };
};
