// Processes of a lab that may outlive the process that starts them, and that a later `lab up` or `lab down` finds again:
// by their record, and by a mark in their environment for the moment before the record is written.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isSystemError, LabError } from './lab-error.ts';
import { labPaths, labsRoot, writeWhole } from './lab-state.ts';
import { isAlive, type ProcessIdentity, readProcess, readProcesses } from './process-identity.ts';
import { lastLines } from './run.ts';

/** The environment variable that marks a lab's processes; its value is the folder of the lab. */
export const processMark = 'TEARLESS_LAB_PROCESS';

export type ProcessRecord = ProcessIdentity & { id: string; argv: string[]; log: string };

export type TrackedProcess = ProcessRecord & {
  /** Settles when it ends while this process lives; never rejects. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

export type SpawnTrackedOptions = {
  lab: string;
  /** Names the process within its lab; letters, digits, dots and hyphens. */
  id: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Where its standard output and error go; the default is `logs/ID.log` of the lab. */
  log?: string;
  root?: string;
};

const recordPath = (lab: string, id: string, root: string): string => {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(id))
    throw new TypeError(`a process cannot have the id ${JSON.stringify(id)}`);
  return join(labPaths(lab, root).processes, `${id}.json`);
};

/**
 * Starts a process of a lab in a session of its own, writes its record, and does not keep this process waiting for it.
 * @throws LabError `lab-process-failed` when it cannot be started
 */
export const spawnTracked = async (
  argv: readonly string[],
  { lab, id, env, cwd, log, root = labsRoot() }: SpawnTrackedOptions,
): Promise<TrackedProcess> => {
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('a command needs a name');
  const path = recordPath(lab, id, root);
  const logPath = log ?? join(labPaths(lab, root).logs, `${id}.log`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  mkdirSync(dirname(logPath), { recursive: true, mode: 0o700 });
  const output = openSync(logPath, 'a', 0o600);
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', output, output],
      cwd,
      env: { ...(env ?? process.env), [processMark]: labPaths(lab, root).folder },
    });
    const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => {
        reject(new LabError('lab-process-failed', `cannot start ${file} for ${id}`, { kind: 'failed', cause }));
      });
    });
    child.unref();
    const started = child.pid === undefined ? undefined : readProcess(child.pid);
    if (started === undefined) {
      const said = lastLines(readFileSync(logPath, 'utf8'));
      throw new LabError('lab-process-failed', `${id} ended as soon as it started\n${said}`, { kind: 'failed' });
    }
    const record: ProcessRecord = { pid: started.pid, startTime: started.startTime, id, argv: [...argv], log: logPath };
    writeWhole(path, `${JSON.stringify(record)}\n`);
    return { ...record, exited };
  } finally {
    closeSync(output);
  }
};

/** The records of a lab's processes, living or not. */
export const readTrackedProcesses = (lab: string, root = labsRoot()): ProcessRecord[] => {
  const folder = labPaths(lab, root).processes;
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProcessRecord);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
};

/** The record of one process of a lab, if it lives. */
export const readTrackedProcess = (lab: string, id: string, root = labsRoot()): ProcessRecord | undefined =>
  readTrackedProcesses(lab, root).find((record) => record.id === id && isAlive(record));

/** On a machine that does much else, the end of a large process takes its time. */
const endTimeoutMs = 60_000;

export type StopOptions = { signal?: NodeJS.Signals; graceMs?: number };

const sendSignal = (process_: ProcessIdentity, signal: NodeJS.Signals): void => {
  try {
    if (isAlive(process_)) process.kill(process_.pid, signal);
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error;
  }
};

const hasEnded = async (process_: ProcessIdentity, withinMs: number): Promise<boolean> => {
  const deadline = performance.now() + withinMs;
  while (isAlive(process_)) {
    if (performance.now() >= deadline) return false;
    await delay(10);
  }
  return true;
};

/**
 * Stops a process: asks it with `signal` (SIGTERM), and after `graceMs` (5,000) kills it. Does nothing when that very
 * process is gone, whoever has its pid now.
 * @throws LabError `lab-process-stuck` when it survives SIGKILL for a minute
 */
export const stopProcess = async (
  identity: ProcessIdentity,
  { signal = 'SIGTERM', graceMs = 5000 }: StopOptions = {},
): Promise<void> => {
  sendSignal(identity, signal);
  if (await hasEnded(identity, graceMs)) return;
  sendSignal(identity, 'SIGKILL');
  if (await hasEnded(identity, endTimeoutMs)) return;
  throw new LabError('lab-process-stuck', `process ${identity.pid} does not end, not even by SIGKILL`, {
    kind: 'failed',
    hint: `look at /proc/${identity.pid}/stack`,
  });
};

/** Stops a process of a lab and removes its record; does nothing when there is none. */
export const stopTracked = async (
  lab: string,
  id: string,
  options: StopOptions & { root?: string } = {},
): Promise<void> => {
  const root = options.root ?? labsRoot();
  const record = readTrackedProcesses(lab, root).find((entry) => entry.id === id);
  if (record !== undefined) await stopProcess(record, options);
  rmSync(recordPath(lab, id, root), { force: true });
};

/** The living processes that carry the mark of a lab, with or without a record. */
export const findMarkedProcesses = (lab: string, root = labsRoot()): ProcessIdentity[] => {
  const mark = Buffer.from(`\0${processMark}=${labPaths(lab, root).folder}\0`);
  return readProcesses().filter(({ pid }) => {
    if (pid === process.pid) return false;
    try {
      return Buffer.concat([Buffer.from('\0'), readFileSync(`/proc/${pid}/environ`)]).includes(mark);
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return false;
      throw error;
    }
  });
};

/** Stops every process of a lab, all at once, and removes their records. */
export const stopAllTracked = async (lab: string, options: StopOptions & { root?: string } = {}): Promise<void> => {
  const root = options.root ?? labsRoot();
  const found = new Map<number, ProcessIdentity>();
  for (const identity of [...readTrackedProcesses(lab, root), ...findMarkedProcesses(lab, root)]) {
    if (isAlive(identity)) found.set(identity.pid, identity);
  }
  await Promise.all([...found.values()].map((identity) => stopProcess(identity, options)));
  rmSync(labPaths(lab, root).processes, { recursive: true, force: true });
};
