// Network namespaces of a lab.
import { existsSync, readdirSync } from 'node:fs';
import { isSystemError } from './lab-error.ts';
import { namespacePath, parseNamespace } from './lab-name.ts';
import { run, tryRun } from './run.ts';

/** Runs lines of ip(8) in a namespace, all in one process; nothing after the line that fails. */
export const runIp = async (namespace: string, lines: readonly string[]): Promise<void> => {
  await run(['ip', '-netns', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
};

export const addNamespace = async (namespace: string): Promise<void> => {
  await run(['ip', 'netns', 'add', namespace]);
};

/** The namespaces of a lab that exist, those of its hosts first. */
export const listNamespaces = (lab: string): string[] => {
  try {
    return readdirSync('/run/netns')
      .filter((name) => parseNamespace(name)?.lab === lab)
      .sort((a, b) => b.length - a.length);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
};

/** The processes in a namespace. */
export const readNamespaceProcesses = async (namespace: string): Promise<number[]> => {
  const listed = await tryRun(['ip', 'netns', 'pids', namespace]);
  return listed.stdout.split('\n').flatMap((line) => (line === '' ? [] : Number(line)));
};

/** Deletes a namespace, and with it its links; does nothing when there is none. */
export const deleteNamespace = async (namespace: string): Promise<void> => {
  if (existsSync(namespacePath(namespace))) await run(['ip', 'netns', 'delete', namespace]);
};
