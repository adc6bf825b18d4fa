// A worker whose tor publishes nothing: PublishHidServDescriptors 0. Its service can be stopped while its tor goes on.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { TorError } from '@tearless/tor/error.ts';
import { encodeKeyFiles } from '@tearless/tor/onion/key-files.ts';
import { expandSeed } from '@tearless/tor/onion/secret-key.ts';
import { reveal } from '@tearless/tor/sensitive.ts';

export interface HiddenWorker {
  /** Its own, which it publishes nothing under. */
  readonly address: string;
  /** Its own current descriptor, from its tor; waits until there is one. */
  readDescriptor(): Promise<string>;
  /** Ends what its port leads to; again is fine. */
  stopService(): Promise<void>;
}

const settleMs = 60_000;

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
  const readDescriptor = async (): Promise<string> => {
    const deadlineMs = Date.now() + settleMs;
    for (;;) {
      try {
        const text = await control.getInfo(`hs/service/desc/id/${address.replace('.onion', '')}`);
        if (text !== '') return text;
      } catch (error) {
        if (!(error instanceof TorError) || Date.now() > deadlineMs) throw error;
      }
      // There is no event for "its introduction points are there".
      await delay(250);
    }
  };
  const stopService = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  return { address, readDescriptor, stopService };
};
