// Which nodes a private network has: roles, names, addresses, folders. Pure; starting them is network-node.ts.
import { join } from 'node:path';
import { LabError } from '../base/lab-error.ts';
import { nodeAddress } from '../base/lab-name.ts';

export type NodeRole = 'authority' | 'relay' | 'client' | 'service';

export type NodePlan = {
  role: NodeRole;
  nickname: string;
  address: string;
  /** Its DataDirectory, which also holds its sockets, torrc and logs. */
  folder: string;
  /** Unix sockets: reachable from outside a network namespace, and nothing listens on the network. */
  controlSocket: string;
  /** Clients only. */
  socksSocket?: string;
  /** The program that it runs; `tor` unless given. */
  tor?: string;
  /** Set beside the environment of whoever starts it. */
  environment?: Record<string, string>;
  /** Behind the lines of its role. */
  extraTorrc?: string[];
};

/** What makes a node unlike the others of its role. */
export type NodeOwn = Pick<NodePlan, 'tor' | 'environment' | 'extraTorrc'>;

export type NodeCounts = { authorities: number; relays: number; clients: number; services: number };

export const orPort = 9001;
export const dirPort = 9030;

/** Where the private network's web server answers: what exits connect to. */
export const webPort = 8080;

/** The number of the address that the web server has; nodes come after it. */
const webIndex = 0;

/** sun_path holds 108 bytes with its end. */
const longestSocketPath = 107;

export const planWebAddress = (net: number, beside: 'hosts' | 'loopback'): string => nodeAddress(net, webIndex, beside);

/** All addresses of hosts (`hostAddress`) as one prefix: the relays of a fleet that lives on hosts. */
export const hostPrefix = (net: number): string => `10.77.${net}.0/25`;

/**
 * Lays out a network below `folder`.
 * @throws LabError `network-too-small` when onion services could not publish, `network-path-too-long`
 */
export const planNodes = (
  counts: NodeCounts,
  { net, beside, folder }: { net: number; beside: 'hosts' | 'loopback'; folder: string },
): NodePlan[] => {
  if (counts.authorities < 1 || counts.authorities + counts.relays < 4) {
    throw new LabError(
      'network-too-small',
      `${counts.authorities} authorities and ${counts.relays} relays are too few: with less than four an onion service never publishes`,
      { kind: 'usage', hint: 'use 3 authorities and at least 2 relays' },
    );
  }
  const roles: [NodeRole, number][] = [
    ['authority', counts.authorities],
    ['relay', counts.relays],
    ['client', counts.clients],
    ['service', counts.services],
  ];
  const names = roles.flatMap(([role, count]) =>
    Array.from({ length: count }, (_, index) => ({ role, nickname: `${role}${index}` })),
  );
  return names.map(({ role, nickname }, index) => {
    const nodeFolder = join(folder, nickname);
    const plan: NodePlan = {
      role,
      nickname,
      address: nodeAddress(net, webIndex + 1 + index, beside),
      folder: nodeFolder,
      controlSocket: join(nodeFolder, 'control.sock'),
    };
    if (Buffer.byteLength(plan.controlSocket) > longestSocketPath) {
      throw new LabError('network-path-too-long', `${plan.controlSocket} is too long for a unix socket`, {
        kind: 'usage',
        hint: 'use a shorter name or folder for the lab',
      });
    }
    return role === 'client' ? { ...plan, socksSocket: join(nodeFolder, 'socks.sock') } : plan;
  });
};
