// A running private network as a value: its nodes and what others need to join or use it. Starting is start-network.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError, LabError } from '../base/lab-error.ts';
import { labPaths, labsRoot, writeWhole } from '../base/lab-state.ts';
import { NetworkNode, type NodePlace } from './network-node.ts';
import type { NodePlan, NodeRole } from './node-plan.ts';
import { stopWebServer, type WebServer } from './web-process.ts';

export type NetworkTimings = { keysMs: number; consensusMs: number; clientsMs: number; totalMs: number };

/** What `network.json` keeps, so that another process can open the network again. Nothing in it is secret. */
export type NetworkRecord = {
  schema: 'tearless.lab-network/v1';
  place: NodePlace;
  votingIntervalSeconds: number;
  dirAuthorityLines: string[];
  commonTorrc: string[];
  web: WebServer;
  nodes: { plan: NodePlan; fingerprint?: string; onionAddress?: string }[];
  timings: NetworkTimings;
};

export class Network {
  readonly record: NetworkRecord;
  readonly nodes: readonly NetworkNode[];

  constructor(record: NetworkRecord, nodes: readonly NetworkNode[]) {
    this.record = record;
    this.nodes = nodes;
  }

  /** The `DirAuthority` lines of this network. */
  get dirAuthorityLines(): readonly string[] {
    return this.record.dirAuthorityLines;
  }

  /** All torrc lines by which any relay joins; it adds its Nickname, ORPort, Address and exit policy. */
  get commonTorrc(): readonly string[] {
    return this.record.commonTorrc;
  }

  get web(): WebServer {
    return this.record.web;
  }

  get timings(): NetworkTimings {
    return this.record.timings;
  }

  withRole(role: NodeRole): NetworkNode[] {
    return this.nodes.filter((node) => node.plan.role === role);
  }

  /** Closes the control connections and leaves the network running. */
  async disconnect(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.disconnect()));
  }

  /** Ends every process of the network. */
  stop(): Promise<void> {
    return killAll(this.nodes, this.record.place);
  }
}

/**
 * Kills all nodes: none has anything to keep, and an authority that is asked to end while a worker thread is at a consensus
 * difference sometimes waits for that thread for ever (tor 0.4.9.11).
 */
export const killAll = async (nodes: readonly NetworkNode[], place: NodePlace): Promise<void> => {
  await Promise.all([...nodes.map((node) => node.stop({ signal: 'SIGKILL' })), stopWebServer(place)]);
};

const recordPath = (lab: string, root: string): string => join(labPaths(lab, root).network, 'network.json');

export const saveNetwork = (record: NetworkRecord): void =>
  writeWhole(recordPath(record.place.lab, record.place.root), `${JSON.stringify(record, undefined, 2)}\n`);

/**
 * Opens the network of a lab that another process started.
 * @throws LabError `network-missing` when that lab has none
 */
export const openNetwork = (lab: string, root = labsRoot()): Network => {
  let text: string;
  try {
    text = readFileSync(recordPath(lab, root), 'utf8');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new LabError('network-missing', `the lab ${lab} has no private network`, {
      kind: 'usage',
      hint: `start it: tearless lab up ${lab}`,
      cause: error,
    });
  }
  const record = JSON.parse(text) as NetworkRecord;
  if (record.schema !== 'tearless.lab-network/v1') {
    throw new LabError('network-record-unknown', `${recordPath(lab, root)} was written by another version`, {
      kind: 'conflict',
      hint: 'bring that lab down with the version that made it',
    });
  }
  const nodes = record.nodes.map(({ plan, fingerprint, onionAddress }) => {
    const node = new NetworkNode(plan, record.place);
    node.fingerprint = fingerprint;
    node.onionAddress = onionAddress;
    return node;
  });
  return new Network(record, nodes);
};
