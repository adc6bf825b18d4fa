// A private network on loopback in which the only exit, an onion service's tor and a client run a program
// that is named, with streams through all three that are held open, and control connections that stay.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { claimLab, dropLab } from '../base/claim-lab.ts';
import { nodeAddress } from '../base/lab-name.ts';
import { labPaths } from '../base/lab-state.ts';
import type { Network } from '../network/network.ts';
import type { NetworkNode } from '../network/network-node.ts';
import { startNetwork } from '../network/start-network.ts';
import { type EchoServer, startEchoServer } from './echo-server.ts';
import { HeldStream, type HeldStreamOptions } from './held-stream.ts';
import { connectSocks } from './socks.ts';

const echoPort = 8091;
const onionPort = 8092;
const counts = { authorities: 3, relays: 3, services: 1 };
/** So many streams share a circuit. */
const streamsOfCircuit = 5;
const openWithinMs = 120_000;

export interface HeldNetwork {
  readonly network: Network;
  /** The only exit. */
  readonly exit: NetworkNode;
  /** Which the streams come from: the last one. */
  readonly client: NetworkNode;
  readonly service: NetworkNode;
  openStreams(kind: 'exit' | 'onion', count: number, load?: Omit<HeldStreamOptions, 'name'>): Promise<HeldStream[]>;
  stop(): Promise<void>;
}

export type HeldNetworkOptions = {
  /** The program that those three run. */
  readonly tor: string;
  /** All clients, one of which is for the streams. */
  readonly clients?: number;
  readonly signal?: AbortSignal;
};

const only = (node: NetworkNode | undefined): NetworkNode => {
  if (node === undefined) throw new TypeError('a network without such a node');
  return node;
};

/** @param name of the lab, which is dropped with it */
export const startHeldNetwork = async (
  name: string,
  { tor, clients = 1, signal }: HeldNetworkOptions,
): Promise<HeldNetwork> => {
  const lab = await claimLab(name);
  const closing = new AsyncDisposableStack();
  closing.defer(() => dropLab(name));
  try {
    const socket = join(labPaths(name).network, 'echo.sock');
    const network = await startNetwork({
      ...counts,
      clients,
      ...(signal === undefined ? {} : { signal }),
      lab,
      ownerPid: process.pid,
      timeoutMs: 5 * 60_000,
      ownOf: ({ role, nickname }) => {
        if (role === 'service') return { tor, extraTorrc: [`HiddenServicePort ${onionPort} unix:${socket}`] };
        if (nickname === `client${clients - 1}` || nickname === 'relay0') return { tor };
        return role === 'relay' ? { extraTorrc: ['ExitRelay 0'] } : {};
      },
    });
    closing.defer(() => network.stop());
    const address = nodeAddress(lab.net, 0, 'loopback');
    const servers: EchoServer[] = [
      await startEchoServer({ address, port: echoPort }),
      await startEchoServer({ socket }),
    ];
    closing.defer(async () => {
      await Promise.all(servers.map((server) => server.close()));
    });
    const [client, service] = [only(network.withRole('client').at(-1)), only(network.withRole('service')[0])];
    const places = {
      exit: { host: address, port: echoPort },
      onion: { host: service.onionAddress ?? '', port: onionPort },
    };
    const open = async (
      kind: 'exit' | 'onion',
      turn: number,
      load: Omit<HeldStreamOptions, 'name'>,
    ): Promise<HeldStream> => {
      const deadlineMs = Date.now() + openWithinMs;
      const { socksSocket = '' } = client.plan;
      for (;;) {
        const target = { ...places[kind], username: `${kind}${Math.floor(turn / streamsOfCircuit)}` };
        try {
          const connected = await connectSocks(socksSocket, target, AbortSignal.timeout(openWithinMs));
          const stream = new HeldStream(connected, { name: `${kind} stream ${turn}`, ...load });
          closing.defer(() => stream.drop());
          await stream.moves();
          return stream;
        } catch (error) {
          // A network of seconds: its first circuits may fail. Nothing is under test yet.
          if (Date.now() > deadlineMs) throw error;
          await delay(500);
        }
      }
    };
    return {
      network,
      exit: only(network.withRole('relay')[0]),
      client,
      service,
      openStreams: (kind, count, load = {}) =>
        Promise.all(Array.from({ length: count }, (_, turn) => open(kind, turn, load))),
      stop: () => closing.disposeAsync(),
    };
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
};
