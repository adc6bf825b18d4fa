// A private network with enough directories for a ring, tors that host workers of a balanced onion service, a client tor for
// the balancer, and clients that visit. The workers' keys are made by the library, without starting tor.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { likeTheWorld } from '@tearless/lab/network/like-the-world.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import { connectOnce, forgetDescriptors } from '@tearless/lab/traffic/visitor.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { encodeKeyFiles } from '@tearless/tor/onion/key-files.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { reveal } from '@tearless/tor/sensitive.ts';
import { SocksRefusal } from '@tearless/tor/socks/problem.ts';
import type { SocksReply } from '@tearless/tor/socks/reply.ts';
import { patienceMs } from './steady.ts';

/** tor itself gives a stream up after two minutes, and says why. */
const connectTimeoutMs = 150_000;

export interface LabWorker {
  readonly name: string;
  readonly address: string;
  /** The tor that it runs on. */
  readonly tor: NetworkNode;
}

export interface OnionLab {
  readonly network: Network;
  readonly frontend: LabFrontend;
  readonly workers: readonly LabWorker[];
  /** The tor of the balancer. */
  readonly balancer: NetworkNode;
  readonly visitors: readonly NetworkNode[];
  /** Starts a worker's tor again that was stopped, with its services; resolves when each has published. */
  restart(tor: NetworkNode): Promise<void>;
  stop(): Promise<void>;
}

export interface LabFrontend {
  readonly address: string;
  readonly seed: Uint8Array;
}

export const makeFrontend = (): LabFrontend => {
  const seed = new Uint8Array(randomBytes(32));
  return { seed, address: encodeOnionAddress(publicKeyOf(expandSeed(seed))) };
};

/** Writes what a HiddenServiceDir must hold before tor is told of it. */
const writeServiceDir = (directory: string, files: Readonly<Record<string, string | Uint8Array>>): void => {
  mkdirSync(directory, { mode: 0o700 });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content, { mode: 0o600 });
};

/** Tells its own name to whoever connects. */
const serveName = async (name: string, socket: string): Promise<Server> => {
  const server = createServer((connection) => {
    connection.on('error', () => {});
    connection.end(`${name}\n`);
  }).listen(socket);
  await once(server, 'listening');
  return server;
};

/** Lets the services of these directories run on a tor, as workers behind the frontend; resolves when each has published. */
const addServices = async (
  node: NetworkNode,
  services: readonly { readonly directory: string; readonly socket: string; readonly address: string }[],
): Promise<void> => {
  const control = await node.control;
  const uploads = services.map(({ address }) =>
    control.waitFor('HS_DESC', (event) => event.action === 'UPLOADED' && `${event.address}.onion` === address, {
      timeoutMs: patienceMs,
    }),
  );
  await control.setConf(
    services.flatMap(({ directory, socket }): [string, string][] => [
      ['HiddenServiceDir', directory],
      ['HiddenServicePort', `80 unix:${socket}`],
      ['HiddenServiceOnionBalanceInstance', '1'],
    ]),
  );
  await Promise.all(uploads);
};

export interface OnionLabOptions {
  readonly workers: number;
  /** Tors that the workers run on, in turn. */
  readonly hosts: number;
  /** Client tors that visit. */
  readonly visitors: number;
  /** Beside the authority; every one is a directory. Default 8. */
  readonly relays?: number;
  /** Between two consensuses; a time period is 24 times that. Default 20. */
  readonly votingIntervalSeconds?: number;
  /** Further addresses, with `.onion`, that all workers accept. */
  readonly otherFrontends?: readonly string[];
}

export const startOnionLab = async (name: string, options: OnionLabOptions): Promise<OnionLab> => {
  const { workers: count, hosts, visitors, relays = 8, votingIntervalSeconds = 20, otherFrontends = [] } = options;
  const lab = await claimLab(name);
  const servers: Server[] = [];
  let network: Network | undefined;
  const stop = async (): Promise<void> => {
    for (const server of servers) server.close();
    await network?.stop();
    await dropLab(name);
  };
  try {
    const clients = 1 + hosts + visitors;
    const timing = { votingIntervalSeconds, timeoutMs: patienceMs };
    network = await startNetwork({
      lab,
      authorities: 1,
      relays,
      clients,
      services: 0,
      ownerPid: process.pid,
      ownOf: likeTheWorld,
      ...timing,
    });
    const [balancer, ...rest] = network.withRole('client');
    assert.ok(balancer !== undefined);
    const frontend = makeFrontend();
    const made = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const host = rest[index % hosts];
        assert.ok(host !== undefined);
        const worker = `w${index + 1}`;
        const files = encodeKeyFiles(expandSeed(new Uint8Array(randomBytes(32))));
        const directory = join(host.plan.folder, worker);
        const socket = join(host.plan.folder, `${worker}.sock`);
        writeServiceDir(directory, {
          ...files,
          hs_ed25519_secret_key: reveal(files.hs_ed25519_secret_key),
          ob_config: [frontend.address, ...otherFrontends].map((one) => `MasterOnionAddress ${one}\n`).join(''),
        });
        servers.push(await serveName(worker, socket));
        return { name: worker, address: files.hostname.trim(), host, directory, socket };
      }),
    );
    const serve = (host: NetworkNode): Promise<void> =>
      addServices(
        host,
        made.filter((one) => one.host === host),
      );
    await Promise.all(rest.slice(0, hosts).map(serve));
    const restart = async (tor: NetworkNode): Promise<void> => {
      await tor.start(['--__OwningControllerProcess', String(process.pid)]);
      await serve(tor);
    };
    const workers = made.map(({ name: worker, address, host }) => ({ name: worker, address, tor: host }));
    return { network, frontend, workers, balancer, visitors: rest.slice(hosts), restart, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** One new connection to the address, on circuits of its own. @returns the name of the worker that answered */
const visit = (visitor: NetworkNode, address: string): Promise<string> =>
  connectOnce(visitor, address, AbortSignal.timeout(connectTimeoutMs));

/** Visitors that have asked for something, and so know descriptors. */
const asked = new WeakSet<NetworkNode>();

/** As `visit`, by a client that has no descriptor of any service. */
const visitFresh = async (visitor: NetworkNode, address: string): Promise<string> => {
  if (asked.has(visitor)) await forgetDescriptors(visitor);
  asked.add(visitor);
  return visit(visitor, address);
};

const tries = 6;

/** What circuits come to on a busy machine now and then, whatever the service does: those to all its directories, too. */
const passing: ReadonlySet<SocksReply> = new Set([
  'onion-descriptor-not-found',
  'onion-introduction-failed',
  'onion-rendezvous-failed',
  'onion-introduction-timed-out',
  'host-unreachable',
  'ttl-expired',
]);

/**
 * As `visitFresh`, by somebody who asks again where circuits fail. For tests that ask whether an address can be reached at all;
 * those that count failures use the others.
 */
export const reach = async (visitor: NetworkNode, address: string): Promise<string> => {
  for (let left = tries; ; left--) {
    try {
      return await visitFresh(visitor, address);
    } catch (error) {
      const isPassing = error instanceof SocksRefusal && passing.has(error.reply);
      if (!isPassing || left === 1) throw error;
    }
  }
};
