// Debian's Onionbalance serving one address on a private network, as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What precedes the seed in PKCS #8 (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface OnionbalanceOptions {
  /** For its key and configuration; made. */
  readonly folder: string;
  readonly seed: Uint8Array;
  /** Addresses of the workers. */
  readonly workers: readonly string[];
  readonly controlSocket: string;
}

export interface Onionbalance {
  /** What it said so far. */
  readonly said: () => string;
  /** Kills it and waits until it is gone. */
  stop(): Promise<void>;
}

/** Its intervals for test networks: descriptors are fetched every 20 s, it looks every 10 s whether to publish. */
export const intervals = 'test-network intervals: fetches every 20 s, checks every 10 s';

export const startOnionbalance = async (options: OnionbalanceOptions): Promise<Onionbalance> => {
  const { folder, seed, workers, controlSocket } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const der = Buffer.concat([pkcs8, seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  await writeFile(join(folder, 'frontend.key'), key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const config = { services: [{ key: 'frontend.key', instances: workers.map((address) => ({ address })) }] };
  const configPath = join(folder, 'config.yaml');
  await writeFile(configPath, JSON.stringify(config)); // JSON is YAML
  const args = ['--hs-version', 'v3', '--is-testnet', '-v', 'info', '-s', controlSocket, '-c', configPath];
  const child: ChildProcess = spawn('onionbalance', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const closed = once(child, 'close');
  await once(child, 'spawn');
  return {
    said: () => said,
    async stop() {
      child.kill('SIGKILL');
      await closed;
    },
  };
};
