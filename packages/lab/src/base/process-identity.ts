// Which process a pid meant when it was written down: a pid alone may belong to another process by now.
import { readdirSync, readFileSync } from 'node:fs';
import { isSystemError } from './lab-error.ts';

/** A process: its pid and when it started, in clock ticks after boot (proc(5), /proc/PID/stat field 22). */
export type ProcessIdentity = { pid: number; startTime: number };

export type ProcessStat = ProcessIdentity & { command: string; state: string; parentPid: number };

/**
 * Parses a /proc/PID/stat line. The command stands in parentheses and may hold spaces and parentheses itself.
 * @example parseProcessStat('7 (a) b) S 1 7 7 0 -1 …').command // 'a) b'
 */
export const parseProcessStat = (line: string): ProcessStat => {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const rest = line
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const pid = Number(line.slice(0, open));
  const parentPid = Number(rest[1]);
  const startTime = Number(rest[19]);
  const state = rest[0];
  if (open < 1 || close < open || state === undefined || ![pid, parentPid, startTime].every(Number.isSafeInteger)) {
    throw new TypeError(`not a /proc/PID/stat line: ${line}`);
  }
  return { pid, startTime, command: line.slice(open + 1, close), state, parentPid };
};

/** Reads one process; undefined when there is none with that pid. */
export const readProcess = (pid: number): ProcessStat | undefined => {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
};

/** True while that very process lives. A zombie has ended: only its parent has not looked yet. */
export const isAlive = (identity: ProcessIdentity): boolean => {
  const now = readProcess(identity.pid);
  return now !== undefined && now.startTime === identity.startTime && now.state !== 'Z' && now.state !== 'X';
};

/** All processes that this process may see. */
export const readProcesses = (): ProcessStat[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => readProcess(Number(entry)))
    .filter((entry) => entry !== undefined);

/** The children of a process, oldest first. */
export const readChildren = (pid: number): ProcessStat[] =>
  readProcesses()
    .filter((entry) => entry.parentPid === pid)
    .sort((a, b) => a.startTime - b.startTime);
