// Makes the hosts of a lab, from nothing to running.
import { LabError } from '../base/lab-error.ts';
import { hostAddress, parseLabName } from '../base/lab-name.ts';
import type { LabRecord } from '../base/lab-state.ts';
import { linkHost, openBridge } from './bridge.ts';
import { mountDisk } from './disk.ts';
import { startHost } from './host-process.ts';
import { type LabHost, readHosts, writeHost } from './host-record.ts';
import { makeLoginKey, writeHostsFile, writeIdentity } from './identity.ts';
import { ensureRootfs } from './rootfs/ensure-rootfs.ts';
import type { Suite } from './rootfs/recipe.ts';
import { writeSshConfig } from './ssh-config.ts';
import { hostsUnavailableReason } from './unavailable.ts';

export type HostSpec = {
  name: string;
  suite: Suite;
  /** Debian packages beside those every host has (recipe.ts). */
  extraPackages?: readonly string[];
  /** How much the host can write, in bytes; the default is 1 GiB. It is memory, used as it is written. */
  diskBytes?: number;
};

export type CreateHostsOptions = {
  /** The lab, claimed by the caller (claim-lab.ts). */
  lab: LabRecord;
  hosts: readonly HostSpec[];
  onProgress?: (doing: string) => void;
  signal?: AbortSignal | undefined;
};

const checkNames = (specs: readonly HostSpec[], present: readonly LabHost[]): void => {
  const names = new Set(present.map((host) => host.name));
  for (const { name } of specs) {
    parseLabName(name, 'host');
    if (names.has(name)) throw new LabError('lab-host-exists', `two hosts cannot be named ${name}`, { kind: 'usage' });
    names.add(name);
  }
};

const furnish = async (host: Omit<LabHost, 'hostKey'>, net: number, loginKey: string): Promise<LabHost> => {
  const unnamed = { ...host, hostKey: '' };
  const linked = linkHost(unnamed, net);
  await mountDisk(unnamed);
  const made = { ...host, hostKey: await writeIdentity(host, loginKey) };
  await linked;
  writeHost(made);
  return made;
};

/**
 * Makes hosts and waits until all of them are running: the bridge if it is missing, each host's link, disk and identity,
 * and the ssh configuration of all hosts. Root file systems are made when they are not cached.
 *
 * When it fails, what was made is left for `cleanLab` to remove.
 * @throws LabError `lab-hosts-unavailable` with the reason, and what the parts throw
 */
export const createHosts = async ({ lab, hosts, onProgress, signal }: CreateHostsOptions): Promise<LabHost[]> => {
  const reason = hostsUnavailableReason();
  if (reason !== undefined) throw new LabError('lab-hosts-unavailable', reason, { kind: 'unavailable' });
  const present = readHosts(lab.name);
  checkNames(hosts, present);
  const rootfs = new Map<HostSpec, string>();
  for (const spec of hosts) {
    rootfs.set(spec, await ensureRootfs({ ...spec, signal, ...(onProgress === undefined ? {} : { onProgress }) }));
  }
  onProgress?.(`starting ${hosts.length === 1 ? 'a host' : `${hosts.length} hosts`}`);
  await openBridge(lab);
  const loginKey = await makeLoginKey(lab.name);
  const first = Math.max(-1, ...present.map((host) => host.index)) + 1;
  const made = await Promise.all(
    hosts.map((spec, position) => {
      const { name, suite, diskBytes = 2 ** 30 } = spec;
      const index = first + position;
      const address = hostAddress(lab.net, index);
      const unnamed = { lab: lab.name, name, suite, index, address, rootfs: rootfs.get(spec) ?? '', diskBytes };
      return furnish(unnamed, lab.net, loginKey);
    }),
  );
  const all = [...present, ...made];
  for (const host of all) writeHostsFile(host, all);
  writeSshConfig(lab.name, all);
  signal?.throwIfAborted();
  await Promise.all(made.map(startHost));
  return made;
};
