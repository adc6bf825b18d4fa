// A lab with a private Tor network, real hosts, and a fleet of tor@ relays on them that belongs to the network.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimLab, dropLab } from '../base/claim-lab.ts';
import { LabError } from '../base/lab-error.ts';
import { labNamespace } from '../base/lab-name.ts';
import { type LabRecord, labPaths, writeWhole } from '../base/lab-state.ts';
import { openBridge } from '../hosts/bridge.ts';
import { createHosts } from '../hosts/create-hosts.ts';
import { type LabHost, readHosts } from '../hosts/host-record.ts';
import { addRelays, startRelays } from '../hosts/relays.ts';
import type { Suite } from '../hosts/rootfs/recipe.ts';
import { hostsUnavailableReason } from '../hosts/unavailable.ts';
import { waitUntilListed } from '../network/consensus.ts';
import { type Network, openNetwork } from '../network/network.ts';
import { startNetwork } from '../network/start-network.ts';
import { wakeServices } from '../network/wake-services.ts';
import { type FleetRelay, planFleet, renderFleetTorrc } from './fleet-plan.ts';
import { makeInstanceIdentity } from './relay-identity.ts';

export type FleetLabOptions = {
  name: string;
  /** One host for each, in order: `h1`, `h2`, … */
  suites: readonly Suite[];
  relaysPerHost: number;
  onProgress?: (doing: string) => void;
  signal?: AbortSignal;
};

export type FleetMember = FleetRelay & { fingerprint: string };

export type FleetLab = {
  record: LabRecord;
  network: Network;
  hosts: readonly LabHost[];
  fleet: readonly FleetMember[];
};

/** Enough for circuits that have one hop in the fleet and the others outside it, and for every kind of traffic. */
const outsideFleet = { authorities: 3, relays: 3, clients: 2, services: 1 };

const membersPath = (lab: string): string => join(labPaths(lab).folder, 'fleet.json');

const hostOf = (hosts: readonly LabHost[], { host }: FleetRelay): LabHost => {
  const found = hosts.find(({ name }) => name === host);
  if (found === undefined) throw new TypeError(`no host ${host}`);
  return found;
};

const putFleet = async (hosts: readonly LabHost[], relaysPerHost: number, network: Network): Promise<FleetMember[]> => {
  const fleet = planFleet(hosts, relaysPerHost);
  const write = (family: readonly string[]) =>
    Promise.all(
      hosts.map((host) =>
        addRelays(
          host,
          fleet
            .filter((relay) => relay.host === host.name)
            .map((relay) => ({ name: relay.name, torrc: renderFleetTorrc(relay, network.commonTorrc, family) })),
        ),
      ),
    );
  await write([]);
  const members = await Promise.all(
    fleet.map(async (relay) => ({
      ...relay,
      fingerprint: await makeInstanceIdentity(hostOf(hosts, relay), relay.name),
    })),
  );
  await write(members.map(({ fingerprint }) => fingerprint));
  await Promise.all(
    hosts.map((host) =>
      startRelays(
        host,
        fleet.filter((relay) => relay.host === host.name).map(({ name }) => name),
      ),
    ),
  );
  return members;
};

/**
 * Brings everything up and resolves when the network lists every relay of the fleet as running. The lab belongs to this
 * process: `detachLab` lets it live on. What was made is removed when it fails.
 * @throws LabError of its parts
 */
export const startFleetLab = async ({
  name,
  suites,
  relaysPerHost,
  onProgress,
  signal,
}: FleetLabOptions): Promise<FleetLab> => {
  const reason = hostsUnavailableReason();
  if (reason !== undefined) throw new LabError('lab-hosts-unavailable', reason, { kind: 'unavailable' });
  const record = await claimLab(name);
  try {
    await openBridge(record);
    const report = onProgress ?? (() => {});
    const given = signal === undefined ? {} : { signal };
    const specs = suites.map((suite, index) => ({ name: `h${index + 1}`, suite }));
    const [hosts, network] = await Promise.all([
      createHosts({ lab: record, hosts: specs, onProgress: report, ...given }),
      startNetwork({
        ...outsideFleet,
        lab: record,
        inNamespace: labNamespace(name),
        onProgress: ({ detail }) => report(`private network: ${detail}`),
        ...given,
      }),
    ]);
    report(`${hosts.length * relaysPerHost} relays start`);
    const fleet = await putFleet(hosts, relaysPerHost, network);
    writeWhole(membersPath(name), `${JSON.stringify(fleet, undefined, 2)}\n`);
    report('the network takes the relays in');
    const joined = fleet.map(({ fingerprint }) => fingerprint);
    await waitUntilListed(network, joined, given);
    await wakeServices(network, joined, given);
    return { record, network, hosts, fleet };
  } catch (error) {
    await dropLab(name);
    throw error;
  }
};

/** Opens a lab that another process started. @throws LabError `lab-missing`, `network-missing` */
export const openFleetLab = (record: LabRecord): FleetLab => {
  const path = membersPath(record.name);
  if (!existsSync(path))
    throw new LabError('lab-missing', `the lab ${record.name} has no fleet`, {
      kind: 'usage',
      hint: `tearless lab up ${record.name}`,
    });
  const fleet = JSON.parse(readFileSync(path, 'utf8')) as FleetMember[];
  return { record, network: openNetwork(record.name), hosts: readHosts(record.name), fleet };
};
