// The clients of a restricted service, from the folder of their files. A running balancer asks each round, so who was added
// or revoked meanwhile is so without a restart; a folder that cannot be read changes nothing, and never opens the service.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AuthorizedClient,
  isClientFile,
  keysOfClients,
  parseClientFiles,
} from '../../../balance/keys/client-list.ts';
import { CliError } from '../cli-error.ts';
import type { KeyWatch } from './open-keys.ts';

/** Files are read again no sooner than after so long. */
const freshMs = 1000;

/** @throws CliError `balance-clients-unreadable`, BalanceError `balance-client` */
export const readClients = (folder: string): AuthorizedClient[] => {
  const files = new Map<string, string>();
  try {
    for (const name of readdirSync(folder))
      if (isClientFile(name)) files.set(name, readFileSync(join(folder, name), 'utf8'));
  } catch (error) {
    throw new CliError({
      kind: 'config',
      code: 'balance-clients-unreadable',
      place: 'config',
      message: `the clients in ${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      hint: "'tearless balance clients add' makes the folder; take clients out of the configuration to let everyone in",
      subject: folder,
      cause: error,
    });
  }
  return parseClientFiles(files, folder);
};

/**
 * @returns X25519 keys, as they are whenever it is called
 * @throws as `readClients`, at first only
 */
export const openClients = (folder: string, { clock, note }: KeyWatch): (() => readonly Uint8Array[]) => {
  let keys = keysOfClients(readClients(folder));
  let readMs = clock.now();
  let told = '';
  return () => {
    const nowMs = clock.now();
    if (Math.abs(nowMs - readMs) < freshMs) return keys;
    readMs = nowMs;
    try {
      keys = keysOfClients(readClients(folder));
      told = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== told) note(`warning: ${why}; the clients from before are let in on`);
      told = why;
    }
    return keys;
  };
};
