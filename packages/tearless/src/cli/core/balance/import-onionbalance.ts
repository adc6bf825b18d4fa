// An Onionbalance configuration as onion services of tearless.yaml. Keys stay where they lie, or are copied where a person asks for
// it; every place that a key then lies in is named.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type BalancedService, parseOnionbalanceConfig } from '../../../balance/run/onionbalance-config.ts';
import { declareOnion, type OnionText } from '../../../config/edit-onions.ts';
import { resolveOnions } from '../../../config/onions.ts';
import { parseConfig } from '../../../config/parse.ts';
import { CliError, refusal, usageError } from '../cli-error.ts';
import type { ConfigFile } from '../config-file.ts';
import { readFrontendAddress } from './choose-onions.ts';
import { readIdentity } from './key-file.ts';

export interface ImportedService {
  readonly name: string;
  /** With `.onion`. */
  readonly address: string;
  /** Absolute: where its key lies, and where it shall lie; the same where it stays. */
  readonly keyFrom: string;
  readonly keyPath: string;
  /** What is wrong with who may read the key, or null. */
  readonly problem: string | null;
  readonly workers: BalancedService['workers'];
}

export interface ImportCall {
  /** The Onionbalance configuration, absolute. */
  readonly path: string;
  /** For the services, in their order; made from their key files where it ends. */
  readonly names: readonly string[];
  /** Absolute; undefined: keys stay where they lie. */
  readonly copyTo: string | undefined;
}

const plainName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const shownAddress = 12;

/** `shop` for `shop.key`, the folder's name for tor's own file; the address's beginning where the file is named after it. */
const nameAfterKey = (path: string, address: string): string => {
  const file = basename(path).replace(/\.(key|pem)$/i, '');
  const name = file === 'hs_ed25519_secret_key' ? basename(dirname(path)) : file;
  return plainName.test(name) && !address.startsWith(name.replace(/\.onion$/, ''))
    ? name
    : address.slice(0, shownAddress);
};

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError({
      kind: 'config',
      code: 'balance-config-unreadable',
      place: 'config',
      message: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      cause: error,
    });
  }
};

/** @throws CliError, BalanceError `balance-config`, `balance-key` */
export const readOnionbalance = async (call: ImportCall, file: ConfigFile): Promise<ImportedService[]> => {
  const services = parseOnionbalanceConfig(readText(call.path), call.path);
  if (call.names.length > services.length)
    throw usageError(`${call.path} has ${services.length} services, not ${call.names.length}`, 'one --name a service');
  const declared = new Map<string, string>();
  for (const onion of resolveOnions(parseConfig(file.text, file.path)))
    declared.set(await readFrontendAddress(onion, file), onion.name);
  const imported: ImportedService[] = [];
  for (const [index, { keyPath: written, workers }] of services.entries()) {
    const keyFrom = resolve(dirname(call.path), written);
    const { key, problem } = await readIdentity(keyFrom);
    const { address } = key;
    const name = call.names[index] ?? nameAfterKey(keyFrom, address);
    const other = declared.get(address);
    if (other !== undefined)
      throw refusal({
        code: 'balance-already-declared',
        message: `${address} is declared already: as '${other}'`,
        subject: keyFrom,
        hint: 'put further workers there by hand',
      });
    declared.set(address, name);
    const keyPath = call.copyTo === undefined ? keyFrom : join(call.copyTo, `${name}.key`);
    imported.push({ name, address, keyFrom, keyPath, problem, workers });
  }
  return imported;
};

/** Relative where the key lies below the configuration. */
const writtenPath = (path: string, file: ConfigFile): string => {
  const short = relative(dirname(file.path), path);
  return short.startsWith('..') ? path : short;
};

const toText = ({ keyPath, address, workers }: ImportedService, file: ConfigFile): OnionText => ({
  key: writtenPath(keyPath, file),
  address,
  workers: Object.fromEntries(workers.map(({ id, onionAddress }) => [id, { address: onionAddress }])),
});

/** The text of tearless.yaml with them. @throws ConfigError where it would be wrong with them */
export const declareImported = (services: readonly ImportedService[], file: ConfigFile): string =>
  services.reduce((text, service) => declareOnion(text, file.path, service.name, toText(service, file)), file.text);

/** Copies keys that shall lie elsewhere, for their owner alone; never over another file. @throws CliError `cli-file-exists` */
export const copyKeys = (services: readonly ImportedService[]): void => {
  for (const { keyFrom, keyPath } of services) {
    if (keyFrom === keyPath) continue;
    mkdirSync(dirname(keyPath), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(keyPath, readFileSync(keyFrom), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw refusal({
        code: 'cli-file-exists',
        message: `${keyPath} is there already`,
        subject: keyPath,
        hint: 'name another folder with --copy-keys; keys copied before it stay where they are now',
      });
    }
  }
};
