// A private network on loopback in which the only exit, an onion service's tor and a client run a build for live updates, with
// streams through all three that are held open, and control connections that stay.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { nodeAddress } from '@tearless/lab/base/lab-name.ts';
import { labPaths } from '@tearless/lab/base/lab-state.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import { type EchoServer, startEchoServer } from '@tearless/lab/traffic/echo-server.ts';
import { HeldStream, type HeldStreamOptions } from '@tearless/lab/traffic/held-stream.ts';
import { connectSocks } from '@tearless/lab/traffic/socks.ts';

const echoPort = 8091;
const onionPort = 8092;
const counts = { authorities: 3, relays: 3, clients: 1, services: 1 };
/** So many streams share a circuit. */
const streamsOfCircuit = 5;
const openWithinMs = 120_000;

export interface LiveLab {
  readonly network: Network;
  /** The only exit. */
  readonly exit: NetworkNode;
  readonly client: NetworkNode;
  readonly service: NetworkNode;
  openStreams(kind: 'exit' | 'onion', count: number, load?: Omit<HeldStreamOptions, 'name'>): Promise<HeldStream[]>;
  stop(): Promise<void>;
}

const first = (nodes: readonly NetworkNode[]): NetworkNode => {
  const [node] = nodes;
  if (node === undefined) throw new TypeError('a network without such a node');
  return node;
};

/** @param tor the program that those three run */
export const startLiveLab = async (name: string, tor: string): Promise<LiveLab> => {
  const lab = await claimLab(name);
  const closing = new AsyncDisposableStack();
  closing.defer(() => dropLab(name));
  try {
    const socket = join(labPaths(name).network, 'echo.sock');
    const network = await startNetwork({
      ...counts,
      lab,
      ownerPid: process.pid,
      timeoutMs: 5 * 60_000,
      ownOf: ({ role, nickname }) => {
        if (role === 'service') return { tor, extraTorrc: [`HiddenServicePort ${onionPort} unix:${socket}`] };
        if (role === 'client' || nickname === 'relay0') return { tor };
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
    const [client, service] = [first(network.withRole('client')), first(network.withRole('service'))];
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
      exit: first(network.withRole('relay')),
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
