// Names and addresses of a lab. Whatever a lab makes on the machine carries the lab's name, so that a killed lab can be
// found and removed by anyone who knows it. Pure.
import { LabError } from './lab-error.ts';

const namePattern = /^[a-z][a-z0-9-]{0,30}$/;

/** Checks the name of a lab or a host: small letters, digits and hyphens, at most 31 characters. */
export const parseLabName = (text: string, what: 'lab' | 'host' | 'relay' = 'lab'): string => {
  if (!namePattern.test(text) || text.endsWith('-')) {
    const hint = 'use 1 to 31 small letters, digits and hyphens, beginning with a letter and not ending in a hyphen';
    throw new LabError('lab-bad-name', `${JSON.stringify(text)} cannot name a ${what}`, { kind: 'usage', hint });
  }
  return text;
};

/** The network namespace that holds the lab's bridge, and the private network's processes when there are hosts. */
export const labNamespace = (lab: string): string => `tl-${lab}`;

/** The network namespace of one host. A dot cannot occur in a name, so no two labs ever share a namespace's name. */
export const hostNamespace = (lab: string, host: string): string => `tl-${lab}.${host}`;

/** The lab and the host that a namespace belongs to; undefined when it is not a lab's. */
export const parseNamespace = (namespace: string): { lab: string; host: string | undefined } | undefined => {
  const match = /^tl-([a-z][a-z0-9-]*)(?:\.([a-z][a-z0-9-]*))?$/.exec(namespace);
  return match?.[1] === undefined ? undefined : { lab: match[1], host: match[2] };
};

export const namespacePath = (namespace: string): string => `/run/netns/${namespace}`;

/** The command that runs `argv` in a network namespace; needs root. */
export const inNamespace = (namespace: string, argv: readonly string[]): string[] => [
  'nsenter',
  `--net=${namespacePath(namespace)}`,
  '--',
  ...argv,
];

/** How many hosts, and how many nodes of the private network, a lab has addresses for. */
export const maxHosts = 118;
export const maxNodes = 126;

const lastOctet = (index: number, first: number, count: number, what: string): number => {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new LabError('lab-too-large', `a lab has at most ${count} ${what}`, { kind: 'usage' });
  }
  return first + index;
};

/** The bridge's own address; the default route of the hosts. */
export const bridgeAddress = (net: number): string => `10.77.${net}.1`;

/** The address of a host, counted from 0: 10.77.NET.10 and up. */
export const hostAddress = (net: number, index: number): string =>
  `10.77.${net}.${lastOctet(index, 10, maxHosts, 'hosts')}`;

/**
 * The address of a node of the private network, counted from 0. Beside hosts it is 10.77.NET.129 and up: all of them are
 * local in the lab's namespace without being added one by one. Without hosts it is 127.77.NET.129 and up, on loopback.
 */
export const nodeAddress = (net: number, index: number, beside: 'hosts' | 'loopback'): string =>
  `${beside === 'hosts' ? '10' : '127'}.77.${net}.${lastOctet(index, 129, maxNodes, 'network nodes')}`;

/** All addresses of nodes as one prefix. */
export const nodePrefix = (net: number): string => `10.77.${net}.128/25`;
