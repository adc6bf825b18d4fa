// A worker whose tor publishes nothing: PublishHidServDescriptors 0. Its service can be stopped while its tor goes on.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { encodeKeyFiles } from '@tearless/tor/onion/key-files.ts';
import { expandSeed } from '@tearless/tor/onion/secret-key.ts';
import { reveal } from '@tearless/tor/sensitive.ts';
import { readOwnDescriptor } from './by-hand.ts';
import { patienceMs } from './steady.ts';

export interface HiddenWorker {
  /** Its own, which it publishes nothing under. */
  readonly address: string;
  /** Its own current descriptor, from its tor; waits until there is one. */
  readDescriptor(): Promise<string>;
  /** Ends what its port leads to; again is fine. */
  stopService(): Promise<void>;
}

/** @param mastersOf the addresses that it answers for, by its own */
export const startHiddenWorker = async (
  node: NetworkNode,
  mastersOf: (address: string) => readonly string[],
): Promise<HiddenWorker> => {
  const files = encodeKeyFiles(expandSeed(new Uint8Array(randomBytes(32))));
  const address = files.hostname.trim();
  const directory = join(node.plan.folder, 'hidden');
  const socket = join(node.plan.folder, 'hidden.sock');
  mkdirSync(directory, { mode: 0o700 });
  const written = {
    ...files,
    hs_ed25519_secret_key: reveal(files.hs_ed25519_secret_key),
    ob_config: mastersOf(address)
      .map((master) => `MasterOnionAddress ${master}\n`)
      .join(''),
  };
  for (const [name, content] of Object.entries(written)) writeFileSync(join(directory, name), content, { mode: 0o600 });
  const server = createServer((connection) => {
    connection.on('error', () => {});
    connection.end('hidden\n');
  }).listen(socket);
  await once(server, 'listening');
  server.unref();
  const control = await node.control;
  await control.setConf([
    ['PublishHidServDescriptors', '0'],
    ['HiddenServiceDir', directory],
    ['HiddenServicePort', `80 unix:${socket}`],
    ['HiddenServiceOnionBalanceInstance', '1'],
  ]);
  // There is no event for "its introduction points are there".
  const readDescriptor = (): Promise<string> =>
    waitFor(() => readOwnDescriptor(control, address), {
      what: 'a descriptor of the hidden worker',
      timeoutMs: patienceMs,
      intervalMs: 250,
    });
  const stopService = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  return { address, readDescriptor, stopService };
};
