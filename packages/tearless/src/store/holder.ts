// Who holds a lock: a process on a machine, told apart from a later process with the same pid and from other machines.
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { z } from 'zod';

export const Holder = z.object({
  /** Login name of the person. */
  user: z.string(),
  /** Host name of the operator's machine, for people. */
  machine: z.string(),
  /** Tells machines and containers apart where host names do not; empty where it cannot be known. */
  machineKey: z.string(),
  bootId: z.string(),
  pid: z.number().int().nonnegative(),
  /** Clock ticks after boot (/proc/PID/stat, field 22). */
  startTicks: z.number().int().nonnegative(),
});
export type Holder = z.infer<typeof Holder>;

/** `alice@laptop (process 4711)` */
export const renderHolder = (holder: Holder): string => `${holder.user}@${holder.machine} (process ${holder.pid})`;

interface ProcessStat {
  readonly pid: number;
  readonly state: string;
  readonly startTicks: number;
}

/** Parses /proc/PID/stat (proc(5)); the command in parentheses may itself hold spaces and parentheses. */
export const parseProcessStat = (line: string): ProcessStat | undefined => {
  const rest = line
    .slice(line.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  const pid = Number.parseInt(line, 10);
  const state = rest[0];
  const startTicks = Number(rest[19]);
  if (!Number.isSafeInteger(pid) || state === undefined || !Number.isSafeInteger(startTicks)) return undefined;
  return { pid, state, startTicks };
};

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // Absent on this system, or the process is gone: both mean "not known".
  }
};

const readMachineKey = (): string => {
  const machineId = readText('/etc/machine-id');
  if (machineId === undefined || machineId === '') return '';
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // no Linux: machines cannot be told apart, as without a machine-id
  }
  return createHash('sha256').update(`tearless lock\n${machineId}\n${namespace}`).digest('hex').slice(0, 32);
};

/** This process as a lock's holder. */
export const readOwnHolder = (): Holder => {
  const stat = parseProcessStat(readText('/proc/self/stat') ?? '');
  return {
    user: userInfo().username,
    machine: hostname(),
    machineKey: stat === undefined ? '' : readMachineKey(),
    bootId: readText('/proc/sys/kernel/random/boot_id') ?? '',
    pid: stat?.pid ?? 0,
    startTicks: stat?.startTicks ?? 0,
  };
};

/**
 * Whether the holder still works: `elsewhere` when that cannot be seen from here (another machine or container).
 * A zombie has ended; only its parent has not looked yet.
 */
export const readHolderState = (holder: Holder, own: Holder = readOwnHolder()): 'alive' | 'gone' | 'elsewhere' => {
  if (holder.machineKey === '' || holder.machineKey !== own.machineKey) return 'elsewhere';
  if (holder.bootId !== own.bootId) return 'gone';
  const stat = parseProcessStat(readText(`/proc/${holder.pid}/stat`) ?? '');
  return stat !== undefined && stat.startTicks === holder.startTicks && stat.state !== 'Z' && stat.state !== 'X'
    ? 'alive'
    : 'gone';
};

export const isSameHolder = (a: Holder, b: Holder): boolean =>
  a.machineKey === b.machineKey && a.bootId === b.bootId && a.pid === b.pid && a.startTicks === b.startTicks;
