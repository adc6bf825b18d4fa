// Onionbalance and stem as Debian ships them, unpacked into a folder of their own: nothing of them is installed, run as a
// service, or left behind. And the process that does their part of the work.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { run } from '@tearless/lab/base/run.ts';

/** Onionbalance, and what it imports. */
const packages = [
  'onionbalance',
  'python3-stem',
  'python3-cryptography',
  'python3-cffi-backend',
  'python3-pycryptodome',
  'python3-setproctitle',
  'python3-future',
  'python3-yaml',
  'python3-pkg-resources',
];
const python = '/usr/bin/python3';

/** @returns the folder for PYTHONPATH. @throws Error when they are not to be had */
export const unpackPeers = async (folder: string, signal: AbortSignal): Promise<string> => {
  const archives = join(folder, 'archives');
  const root = join(folder, 'root');
  await mkdir(archives, { recursive: true });
  const download = ['apt-get', '-q', '-o', 'APT::Sandbox::User=root', 'download', ...packages];
  await run(['sh', '-c', 'cd "$0" && shift 0 && exec "$@"', archives, ...download], { signal });
  for (const archive of await readdir(archives))
    await run(['dpkg-deb', '-x', join(archives, archive), root], { signal });
  return join(root, 'usr/lib/python3/dist-packages');
};

export interface PeerAnswer {
  /** Of each repetition. */
  readonly ms: readonly number[];
  /** The descriptor that was built last. */
  readonly text?: string;
}

export interface Peer {
  readonly versions: string;
  ask(task: Readonly<Record<string, unknown>>): Promise<PeerAnswer>;
  close(): Promise<void>;
}

/** @param modules for PYTHONPATH. @throws Error with what Python said when it cannot start */
export const startPeer = async (modules: string): Promise<Peer> => {
  const child = spawn(python, [join(import.meta.dirname, 'peer.py')], {
    env: { PATH: '/usr/bin:/bin', PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.on('error', () => {}); // its end is told by the missing answer
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the peer ended: ${said.trim().split('\n').slice(-3).join(' ')}`);
    return JSON.parse(value);
  };
  const { stem, python: version } = await read();
  return {
    versions: `stem ${stem}, Python ${version}`,
    ask: (task) => {
      child.stdin.write(`${JSON.stringify(task)}\n`);
      return read();
    },
    close: async () => {
      child.stdin.end();
      await closed;
    },
  };
};
