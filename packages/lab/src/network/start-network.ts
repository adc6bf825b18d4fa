// Starts a private Tor network in the order that makes it quick every time: authorities and relays, their first consensus,
// a reload that forgets download delays, and only then clients and onion services.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../base/lab-error.ts';
import { labPaths, labsRoot } from '../base/lab-state.ts';
import { watchBootstrap, watchDirectoryInfo, watchFirstConsensus, watchUpload } from './milestones.ts';
import { killAll, Network, type NetworkRecord, saveNetwork } from './network.ts';
import { NetworkNode, type NodePlace } from './network-node.ts';
import { makeAuthorityKeys, makeRelayKeys } from './node-keys.ts';
import {
  hostPrefix,
  type NodeCounts,
  type NodeOwn,
  type NodePlan,
  type NodeRole,
  planNodes,
  planWebAddress,
} from './node-plan.ts';
import { type AuthorityKeys, planVotingOffset, renderCommon, renderDirAuthority, renderTorrc } from './node-torrc.ts';
import { planWebServer, startWebServer, type WebServer } from './web-process.ts';

export type NetworkPhase = 'keys' | 'relays' | 'consensus' | 'clients' | 'onion' | 'up';

export type NetworkProgress = { phase: NetworkPhase; detail: string; elapsedMs: number };

export type StartNetworkOptions = NodeCounts & {
  /** The lab it belongs to (`createLab`): its processes, folder and addresses. */
  lab: { name: string; net: number };
  root?: string;
  /** Runs all nodes in this network namespace, on 10.77.NET.0/24, and needs root; without it they run on 127.77.NET.0/24. */
  inNamespace?: string;
  /** Time between consensuses, at least 10. A time period of onion services is 24 times that. Default 10. */
  votingIntervalSeconds?: number;
  /** The first so many relays are a fleet: they declare each other as one family. Default 0; a fleet on hosts is none of these. */
  family?: number;
  /** What some nodes have of their own. */
  ownOf?: (plan: NodePlan) => NodeOwn;
  /** Every tor ends within 15 s after this process ended. For tests; a lab outlives the command that starts it. */
  ownerPid?: number;
  onProgress?: (progress: NetworkProgress) => void;
  /** For all of it. Default 5 min: a quiet machine takes 20 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
};

/** The least that leaves time for both delays. */
const firstIntervalSeconds = 5;

/** What the steps of a start share. */
type Start = {
  options: StartNetworkOptions;
  votingIntervalSeconds: number;
  place: NodePlace;
  folder: string;
  web: WebServer;
  nodes: readonly NetworkNode[];
  withRole: (role: NodeRole) => NetworkNode[];
  /** Options of the command line that every tor gets. */
  owner: readonly string[];
  signal: AbortSignal;
};

/** Makes keys and torrc of all nodes, and starts the web server meanwhile. @returns the DirAuthority lines */
const prepare = async ({ options, votingIntervalSeconds, place, folder, web, nodes, withRole, signal }: Start) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const family = withRole('relay').slice(0, options.family ?? 0);
  const authorities = withRole('authority');
  const makeFamilyKeys = async (node: NetworkNode) => {
    node.fingerprint = await makeRelayKeys(node.plan, signal);
  };
  const [keys] = await Promise.all([
    Promise.all(authorities.map(({ plan }) => makeAuthorityKeys(plan, signal))),
    Promise.all(family.map(makeFamilyKeys)),
    startWebServer(web, folder, place, signal),
  ]);
  const dirAuthorityLines = authorities.map((node, index) => {
    const own = keys[index] as AuthorityKeys;
    node.fingerprint = own.fingerprint;
    return renderDirAuthority(node.plan, own);
  });
  const fingerprints = family.flatMap(({ fingerprint }) => fingerprint ?? []);
  const fleetNodes = fingerprints.map((fingerprint) => `$${fingerprint}`);
  if (options.inNamespace !== undefined) fleetNodes.push(hostPrefix(options.lab.net));
  for (const node of nodes) {
    mkdirSync(node.plan.folder, { recursive: true, mode: 0o700 });
    const context = {
      dirAuthorityLines,
      voting: { firstIntervalSeconds, intervalSeconds: votingIntervalSeconds },
      family: family.includes(node) ? fingerprints : [],
      fleetNodes,
      webSocket: web.onionSocket,
    };
    node.writeTorrc(renderTorrc(node.plan, context));
  }
  return dirAuthorityLines;
};

const startRelays = async ({ withRole, owner, signal }: Start): Promise<void> => {
  const offset = String(planVotingOffset(Date.now() / 1000, firstIntervalSeconds));
  const start = async (node: NetworkNode, args: readonly string[]) => {
    const control = await node.start([...owner, ...args], signal);
    node.fingerprint ??= await control.getInfo('fingerprint');
  };
  await Promise.all([
    ...withRole('authority').map((node) => start(node, ['--TestingV3AuthVotingStartOffset', offset])),
    ...withRole('relay').map((node) => start(node, [])),
  ]);
};

/** Starts clients and services and waits for their first circuits. @returns a promise of the services' first uploads */
const startUsers = async ({ withRole, owner, signal }: Start): Promise<{ uploaded: Promise<unknown> }> => {
  const uploads: Promise<void>[] = [];
  const startService = async (node: NetworkNode) => {
    await node.start(owner, signal);
    node.onionAddress = readFileSync(join(node.plan.folder, 'onion', 'hostname'), 'utf8').trim();
    const uploaded = watchUpload(node, signal);
    uploaded.catch(() => {}); // awaited by the caller, unless another node fails first
    uploads.push(uploaded);
    await watchBootstrap(node, signal);
  };
  const startClient = async (node: NetworkNode) => {
    await node.start(owner, signal);
    await watchBootstrap(node, signal);
  };
  await Promise.all([...withRole('client').map(startClient), ...withRole('service').map(startService)]);
  return { uploaded: Promise.all(uploads) };
};

const recordNode = ({ plan, fingerprint, onionAddress }: NetworkNode): NetworkRecord['nodes'][number] => ({
  plan,
  ...(fingerprint === undefined ? {} : { fingerprint }),
  ...(onionAddress === undefined ? {} : { onionAddress }),
});

/**
 * Starts a private network and resolves when its clients are bootstrapped and its onion services published.
 * @throws LabError `network-timeout`, `network-node-ended`, `network-too-small`; nothing is left running then
 */
export const startNetwork = async (options: StartNetworkOptions): Promise<Network> => {
  const {
    lab,
    root = labsRoot(),
    inNamespace: namespace,
    votingIntervalSeconds = 10,
    timeoutMs = 5 * 60_000,
  } = options;
  if (votingIntervalSeconds < 10) {
    throw new LabError('network-bad-interval', `tor refuses a voting interval of ${votingIntervalSeconds} s`, {
      kind: 'usage',
      hint: 'use 10 seconds or more',
    });
  }
  const place: NodePlace = { lab: lab.name, root, ...(namespace === undefined ? {} : { namespace }) };
  const folder = labPaths(lab.name, root).network;
  const where = { net: lab.net, beside: namespace === undefined ? 'loopback' : 'hosts', folder } as const;
  const nodes = planNodes(options, where).map((plan) => new NetworkNode({ ...plan, ...options.ownOf?.(plan) }, place));
  const web = planWebServer(folder, planWebAddress(lab.net, where.beside));

  const startedMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedMs);
  let doing = 'its keys';
  const report = (phase: NetworkPhase, detail: string) => {
    doing = detail;
    options.onProgress?.({ phase, detail, elapsedMs: elapsedMs() });
  };
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    const message = `the private network was not up after ${timeoutMs / 1000} s; it was at: ${doing}`;
    deadline.abort(new LabError('network-timeout', message, { kind: 'timeout', hint: `the logs are below ${folder}` }));
  }, timeoutMs);
  const signal = options.signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, options.signal]);
  const owner = options.ownerPid === undefined ? [] : ['--__OwningControllerProcess', String(options.ownerPid)];
  const withRole = (role: NodeRole) => nodes.filter((node) => node.plan.role === role);
  const start: Start = { options, votingIntervalSeconds, place, folder, web, nodes, withRole, owner, signal };

  try {
    report('keys', `keys of ${options.authorities} authorities`);
    const dirAuthorityLines = await prepare(start);
    const keysMs = elapsedMs();
    report('relays', `start of ${options.authorities} authorities and ${options.relays} relays`);
    await startRelays(start);
    report('consensus', 'a consensus with all relays');
    const relays = [...withRole('authority'), ...withRole('relay')];
    const listed = relays.filter(({ plan }) => plan.extraTorrc?.includes('PublishServerDescriptor 0') !== true);
    await Promise.all(withRole('authority').map((node) => watchFirstConsensus(node, listed.length, signal)));
    const consensusMs = elapsedMs();
    report('consensus', 'descriptors of all relays');
    const learn = async (node: NetworkNode): Promise<void> => {
      await (await node.control).signal('RELOAD'); // it forgets how long it meant to wait for them
      await watchDirectoryInfo(node, signal);
    };
    await Promise.all(relays.map(learn));
    report('clients', `start of ${options.clients} clients and ${options.services} onion services`);
    const { uploaded } = await startUsers(start);
    const clientsMs = elapsedMs();
    if (options.services > 0) report('onion', 'descriptors of the onion services');
    await uploaded;

    const record: NetworkRecord = {
      schema: 'tearless.lab-network/v1',
      place,
      votingIntervalSeconds,
      dirAuthorityLines,
      commonTorrc: renderCommon(dirAuthorityLines),
      web,
      nodes: nodes.map(recordNode),
      timings: { keysMs, consensusMs, clientsMs, totalMs: elapsedMs() },
    };
    saveNetwork(record);
    report('up', `${nodes.length} nodes`);
    return new Network(record, nodes);
  } catch (error) {
    await killAll(nodes, place);
    throw error;
  } finally {
    clearTimeout(timer);
  }
};
