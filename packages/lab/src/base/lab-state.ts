// Where a lab keeps what it must know about itself. Not the hosts' disks or the network's data: their rooms add folders
// of their own (`hosts/`, `network/`, `traffic/`) below the lab's.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type FileLock, lockFile } from './file-lock.ts';
import { isSystemError, LabError } from './lab-error.ts';
import { parseLabName } from './lab-name.ts';
import { isAlive, type ProcessIdentity, readProcess } from './process-identity.ts';

/**
 * The folders of one lab:
 * ```
 * ROOT/labs.lock        held while a lab is claimed or removed
 * ROOT/NAME/            0700
 *   lab.json            LabRecord
 *   processes/ID.json   one file a process (tracked-process.ts)
 *   logs/               console and log files
 *   hosts/ network/ traffic/   each written by its room only
 * ```
 */
export type LabPaths = {
  folder: string;
  record: string;
  processes: string;
  logs: string;
  hosts: string;
  network: string;
  traffic: string;
};

export type LabRecord = {
  schema: 'tearless.lab/v1';
  name: string;
  /** The third octet of the lab's addresses: 10.77.NET.0/24 and 127.77.NET.0/24. */
  net: number;
  /** /proc/sys/kernel/random/boot_id: after a reboot of the machine nothing of the lab lives any more. */
  bootId: string;
  /** The process that brought the lab up. */
  creator: ProcessIdentity;
  /** True when the lab is meant to outlive its creator (claim-lab.ts). */
  detached: boolean;
  createdAt: string;
};

/**
 * The folder of all labs. Root's labs own namespaces, which the whole machine shares, so their state is shared as well and
 * vanishes with them at a reboot; others keep theirs at home.
 */
export const labsRoot = (env: NodeJS.ProcessEnv = process.env, uid = process.getuid?.()): string => {
  if (uid === 0) return '/run/tearless/labs';
  const home = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(home, 'tearless', 'labs');
};

export const labPaths = (name: string, root = labsRoot()): LabPaths => {
  const folder = join(root, parseLabName(name));
  return {
    folder,
    record: join(folder, 'lab.json'),
    processes: join(folder, 'processes'),
    logs: join(folder, 'logs'),
    hosts: join(folder, 'hosts'),
    network: join(folder, 'network'),
    traffic: join(folder, 'traffic'),
  };
};

/** Writes a file whole or not at all, so that a reader after a kill never sees half of it. */
export const writeWhole = (path: string, content: string | Uint8Array, mode = 0o600): void => {
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
};

export const readBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Reads a lab's record; undefined when there is no such lab. */
export const readLab = (name: string, root = labsRoot()): LabRecord | undefined => {
  let text: string;
  try {
    text = readFileSync(labPaths(name, root).record, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
  const record: unknown = JSON.parse(text);
  if (typeof record !== 'object' || record === null || !('schema' in record) || record.schema !== 'tearless.lab/v1') {
    throw new LabError('lab-record-unknown', `${labPaths(name, root).record} was written by another version`, {
      kind: 'conflict',
      hint: `bring that lab down with the version that made it`,
    });
  }
  return record as LabRecord;
};

/** The names of all labs that left a folder, running or not. */
export const listLabs = (root = labsRoot()): string[] => {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
};

/** True while the process that brought the lab up lives. */
export const isCreatorAlive = (record: LabRecord): boolean => record.bootId === readBootId() && isAlive(record.creator);

/** Several labs may come up or go at once, each of which holds the lock for as long as the removal of a whole lab takes. */
export const lockTimeoutMs = 5 * 60_000;

/** Takes the lock that whoever claims or removes a lab holds for that moment: one for all labs of the machine. */
export const lockLabs = (timeoutMs = lockTimeoutMs, root = labsRoot()): Promise<FileLock> =>
  lockFile(join(root, 'labs.lock'), timeoutMs, 'the list of labs');

const lowestFreeNet = (taken: ReadonlySet<number>): number => {
  for (let net = 1; net < 255; net++) if (!taken.has(net)) return net;
  throw new LabError('lab-too-many', 'all 254 address ranges of labs are taken', {
    kind: 'conflict',
    hint: 'bring labs down that are no longer needed: tearless lab down NAME',
  });
};

/**
 * Makes the folders of a new lab and claims an address range no other lab on this machine has. Call it with the lock
 * held and after the leftovers of a former lab of that name are gone.
 * @throws LabError `lab-exists` when there is a lab of that name
 */
export const createLab = async (name: string, root = labsRoot()): Promise<LabRecord> => {
  const paths = labPaths(name, root);
  if (readLab(name, root) !== undefined) {
    throw new LabError('lab-exists', `there is a lab ${name} already`, {
      kind: 'conflict',
      hint: `bring it down first: tearless lab down ${name}`,
    });
  }
  await using _ = await lockFile(join(root, 'nets.lock'), 10_000, 'the list of address ranges');
  const taken = new Set(listLabs(root).map((other) => readLab(other, root)?.net ?? 0));
  const self = readProcess(process.pid);
  if (self === undefined) throw new Error('a process without an entry in /proc');
  const record: LabRecord = {
    schema: 'tearless.lab/v1',
    name,
    net: lowestFreeNet(taken),
    bootId: readBootId(),
    creator: { pid: self.pid, startTime: self.startTime },
    detached: false,
    createdAt: new Date().toISOString(),
  };
  for (const folder of [paths.folder, paths.processes, paths.logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(paths.record, `${JSON.stringify(record, undefined, 2)}\n`);
  return record;
};

/** Removes a lab's folders. Only after nothing is mounted below them any more. */
export const removeLab = (name: string, root = labsRoot()): void => {
  rmSync(labPaths(name, root).folder, { recursive: true, force: true });
};
