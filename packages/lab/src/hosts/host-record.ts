// What the lab writes down about a host, and where its parts lie.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError, LabError } from '../base/lab-error.ts';
import { hostNamespace, parseLabName } from '../base/lab-name.ts';
import { labPaths, writeWhole } from '../base/lab-state.ts';
import type { Suite } from './rootfs/recipe.ts';

export type LabHost = {
  lab: string;
  name: string;
  suite: Suite;
  /** Its place among the lab's hosts, from 0; its address and the bridge's port follow from it. */
  index: number;
  address: string;
  /** Its public ssh key, `ssh-ed25519 AAAA…`. */
  hostKey: string;
  rootfs: string;
  diskBytes: number;
};

export type HostPaths = {
  folder: string;
  record: string;
  /** The size-limited file system that holds what the host writes. */
  disk: string;
  /** The host's `/`, as this machine sees it. */
  root: string;
};

export const hostPaths = (lab: string, name: string): HostPaths => {
  const folder = join(labPaths(lab).hosts, parseLabName(name, 'host'));
  return { folder, record: join(folder, 'host.json'), disk: join(folder, 'disk'), root: join(folder, 'root') };
};

/** The bridge's end of the host's link, in the lab's namespace. */
export const bridgePort = (host: LabHost): string => `h${host.index}`;

export const namespaceOf = (host: LabHost): string => hostNamespace(host.lab, host.name);

/** The id of the process that keeps the host up (tracked-process.ts). */
export const supervisorId = (host: { name: string }): string => `host-${host.name}`;

export const writeHost = (host: LabHost): void => {
  const { folder, record } = hostPaths(host.lab, host.name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(record, `${JSON.stringify(host, undefined, 2)}\n`);
};

/** The hosts of a lab, in the order in which they were made. */
export const readHosts = (lab: string): LabHost[] => {
  let names: string[];
  try {
    names = readdirSync(labPaths(lab).hosts);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
  return names
    .flatMap((name): LabHost[] => {
      try {
        return [JSON.parse(readFileSync(hostPaths(lab, name).record, 'utf8'))];
      } catch (error) {
        if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
        throw error;
      }
    })
    .sort((a, b) => a.index - b.index);
};

/** @throws LabError `lab-unknown-host` */
export const readHost = (lab: string, name: string): LabHost => {
  const hosts = readHosts(lab);
  const host = hosts.find((each) => each.name === name);
  if (host !== undefined) return host;
  const known = hosts.map((each) => each.name).join(', ');
  throw new LabError('lab-unknown-host', `the lab ${lab} has no host ${name}`, {
    kind: 'usage',
    hint: known === '' ? 'it has no hosts' : `its hosts are ${known}`,
  });
};
