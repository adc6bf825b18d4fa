// The torrc of each role in a private network, and the lines that any further relay needs to join it. Pure text.
import { join } from 'node:path';
import { dirPort, type NodePlan, type NodeRole, orPort } from './node-plan.ts';

export type AuthorityKeys = { v3Identity: string; fingerprint: string };

/** Time between consensuses; until the first one exists they are tried more often. */
export type VotingTimes = { intervalSeconds: number; firstIntervalSeconds: number };

/** Authorities take so long to spread their votes, and again to spread their signatures. */
export const votingDelaySeconds = 2;

export const renderDirAuthority = ({ nickname, address }: NodePlan, keys: AuthorityKeys): string =>
  `DirAuthority ${nickname} orport=${orPort} no-v2 v3ident=${keys.v3Identity} ${address}:${dirPort} ${keys.fingerprint}`;

/**
 * The torrc lines that make a tor one of this network and no other; a relay adds its own Nickname, ORPort, Address and exit
 * policy. Without `ShutdownWaitLength 0` each restart would take half a minute.
 */
export const renderCommon = (dirAuthorityLines: readonly string[]): string[] => [
  'TestingTorNetwork 1',
  'AssumeReachable 1',
  'PathsNeededToBuildCircuits 0.25',
  'V3AuthNIntervalsValid 2',
  'ShutdownWaitLength 0',
  ...dirAuthorityLines,
];

const everyNode = ({ nickname, folder, controlSocket }: NodePlan): string[] => [
  `Nickname ${nickname}`,
  `DataDirectory ${folder}`,
  `ControlPort unix:${controlSocket}`,
  'CookieAuthentication 1',
  `CookieAuthFile ${join(folder, 'control_auth_cookie')}`,
  `Log notice file ${join(folder, 'notice.log')}`,
  'SafeLogging 0',
  'AvoidDiskWrites 1',
  // Worker threads cost memory and gain nothing at this size.
  'NumCPUs 1',
];

const everyRelay = ({ address }: NodePlan, family: readonly string[]): string[] => [
  `Address ${address}`,
  `ORPort ${address}:${orPort} IPv4Only`,
  `OutboundBindAddress ${address}`,
  'SocksPort 0',
  'ContactInfo lab@example.invalid',
  ...(family.length === 0 ? [] : [`MyFamily ${family.map((fingerprint) => `$${fingerprint}`).join(',')}`]),
];

/** A policy of private addresses only would leave the network without exits in tor's eyes. */
const exit = ['ExitRelay 1', 'ExitPolicyRejectPrivate 0', 'ExitPolicy accept *:*'];

const authority = ({ address }: NodePlan, voting: VotingTimes): string[] => [
  'AuthoritativeDirectory 1',
  'V3AuthoritativeDirectory 1',
  `DirPort ${address}:${dirPort} IPv4Only`,
  `TestingV3AuthInitialVotingInterval ${voting.firstIntervalSeconds}`,
  `TestingV3AuthInitialVoteDelay ${votingDelaySeconds}`,
  `TestingV3AuthInitialDistDelay ${votingDelaySeconds}`,
  `V3AuthVotingInterval ${voting.intervalSeconds}`,
  `V3AuthVoteDelay ${votingDelaySeconds}`,
  `V3AuthDistDelay ${votingDelaySeconds}`,
  // A network of minutes has no relay with the uptime and the bandwidth that these flags ask for.
  'TestingDirAuthVoteGuard *',
  'TestingDirAuthVoteHSDir *',
  'TestingMinExitFlagThreshold 0',
  // Clients take no relay for an onion service's circuit that is not Fast. tor counts in whole kilobytes: with a guarantee of 1 KB a
  // relay that carried less in its first seconds would not be Fast for a minute. Less than 1 KB is 0, which everyone has.
  'AuthDirFastGuarantee 1 byte',
  // Nor is one below the median Stable, which seconds decide between relays that were started together; clients take no other as guard.
  'AuthDirVoteStableGuaranteeMinUptime 0',
  'AuthDirVoteStableGuaranteeMTBF 0',
  'ExitRelay 0',
  'ExitPolicy reject *:*',
];

/** Clients and services take a new consensus as early as relays do: a relay that joins is known within a voting interval. */
const early = ['FetchDirInfoEarly 1', 'FetchDirInfoExtraEarly 1'];

/** A circuit over one machine that takes 10 s will not come: the 60 s that tor starts from are meant for the world. */
const patience = ['LearnCircuitBuildTimeout 0', 'CircuitBuildTimeout 10'];

const client = ({ socksSocket }: NodePlan): string[] => [
  `SocksPort unix:${socksSocket} ExtendedErrors`,
  'ConfluxEnabled 0',
  'MaxClientCircuitsPending 256',
  ...early,
  ...patience,
];

/**
 * What a service chooses itself, its introduction points among it, stays out of the fleet. The fleet is half of this
 * network: with a batch of it restarting, all introduction circuits would break at once, the service would try again
 * every second, and a limit of its own tor (so many circuits in five minutes) would then cut it off. A fleet that is a
 * small share of the network does not do that to a service.
 */
const service = ({ folder }: NodePlan, { webSocket, fleetNodes }: TorrcContext): string[] => [
  'SocksPort 0',
  ...(fleetNodes.length === 0 ? [] : [`ExcludeNodes ${fleetNodes.join(',')}`]),
  `HiddenServiceDir ${join(folder, 'onion')}`,
  `HiddenServicePort 80 unix:${webSocket}`,
  // A client gives an introduction point up for two minutes after five failures, whoever of its users met them: with the
  // usual three, a handful of users in the seconds of a restart would be shut out for minutes.
  'HiddenServiceNumIntroductionPoints 6',
  // Says in front of each connection which circuit it came by, so that the relays of the service's half are known as well.
  'HiddenServiceExportCircuitID haproxy',
  ...early,
  ...patience,
];

export type TorrcContext = {
  dirAuthorityLines: readonly string[];
  voting: VotingTimes;
  /** Fingerprints of the node's family, its own included; empty when it has none. */
  family: readonly string[];
  /** What tor's lists of nodes know the fleet by: `$FINGERPRINT`, `10.77.1.0/25`. */
  fleetNodes: readonly string[];
  /** The unix socket behind every onion service. */
  webSocket: string;
};

export const renderTorrc = (node: NodePlan, context: TorrcContext): string => {
  const byRole: Record<NodeRole, () => string[]> = {
    authority: () => [...everyRelay(node, []), ...authority(node, context.voting)],
    relay: () => [...everyRelay(node, context.family), ...exit],
    client: () => client(node),
    service: () => service(node, context),
  };
  const lines = [
    ...everyNode(node),
    ...renderCommon(context.dirAuthorityLines),
    ...byRole[node.role](),
    ...(node.extraTorrc ?? []),
  ];
  return `${lines.join('\n')}\n`;
};

/**
 * The value of TestingV3AuthVotingStartOffset that lets a voting interval begin a second after `nowSeconds` (Unix time). It
 * must be the same for all authorities.
 */
export const planVotingOffset = (nowSeconds: number, firstIntervalSeconds: number): number =>
  (Math.floor(nowSeconds) + 1) % firstIntervalSeconds;
