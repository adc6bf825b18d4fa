// The balanced services that the configuration declares, for commands about one of them: tearless.yaml or Onionbalance's file.
import { dirname, resolve } from 'node:path';
import { TorError } from '@tearless/tor/error.ts';
import { encodeOnionAddress, parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { BalanceError } from '../../../balance/balance-error.ts';
import { parseOnionbalanceConfig } from '../../../balance/run/onionbalance-config.ts';
import { didYouMean } from '../../../base/did-you-mean.ts';
import { type DesiredWorker, resolveOnions } from '../../../config/onions.ts';
import { parseConfig } from '../../../config/parse.ts';
import { CliError, usageError } from '../cli-error.ts';
import { type ConfigFile, readConfigFile } from '../config-file.ts';
import type { CommandContext } from '../context.ts';
import { readKeyFile } from './key-file.ts';

export interface DeclaredService {
  /** Its name in tearless.yaml; Onionbalance's services have none, and go by their key's file. */
  readonly name: string;
  /** With `.onion`; undefined while neither the configuration nor a key here tells. */
  readonly address: string | undefined;
  /** Files and folders are absolute. */
  readonly keyFile: string | undefined;
  readonly presignedFile: string | undefined;
  readonly clientsFolder: string | undefined;
  readonly workers: readonly Pick<DesiredWorker, 'name' | 'place' | 'address'>[];
}

export interface DeclaredServices {
  readonly file: ConfigFile;
  readonly isOnionbalance: boolean;
  readonly services: readonly DeclaredService[];
}

const isOnionbalanceText = (text: string): boolean => /^services\s*:/m.test(text) && !/^version\s*:/m.test(text);

/** The address that a key file is of; undefined where there is none, or none that can be read here. */
const addressOf = async (path: string | undefined): Promise<string | undefined> => {
  if (path === undefined) return undefined;
  try {
    const file = await readKeyFile(path);
    return file.kind === 'identity' ? file.key.address : file.presigned.address;
  } catch (error) {
    if (error instanceof CliError || error instanceof BalanceError) return undefined;
    throw error;
  }
};

/** @throws CliError, ConfigError, BalanceError `balance-config` */
export const readServices = async (context: CommandContext): Promise<DeclaredServices> => {
  const file = readConfigFile(context);
  const at = (path: string): string => resolve(dirname(file.path), path);
  const isOnionbalance = isOnionbalanceText(file.text);
  const declared: Omit<DeclaredService, 'address'>[] = isOnionbalance
    ? parseOnionbalanceConfig(file.text, file.path).map(({ keyPath, workers }) => ({
        name: keyPath,
        keyFile: at(keyPath),
        presignedFile: undefined,
        clientsFolder: undefined,
        workers: workers.map(({ id, onionAddress }) => ({ name: id, place: undefined, address: onionAddress })),
      }))
    : [];
  const onions = isOnionbalance ? [] : resolveOnions(parseConfig(file.text, file.path));
  const services = [
    ...declared.map((service) => ({ ...service, written: undefined })),
    ...onions.map(({ name, key, presigned, clients, address, workers }) => ({
      name,
      written: address,
      keyFile: key === undefined ? undefined : at(key),
      presignedFile: presigned === undefined ? undefined : at(presigned),
      clientsFolder: clients === undefined ? undefined : at(clients),
      workers,
    })),
  ];
  return {
    file,
    isOnionbalance,
    services: await Promise.all(
      services.map(async ({ written, ...service }) => ({
        ...service,
        address: written ?? (await addressOf(service.presignedFile)) ?? (await addressOf(service.keyFile)),
      })),
    ),
  };
};

const addressIn = (text: string): string | undefined => {
  try {
    return encodeOnionAddress(parseOnionAddress(text));
  } catch (error) {
    if (error instanceof TorError) return undefined;
    throw error;
  }
};

/**
 * @param text its name or its address
 * @throws CliError `cli-usage`
 */
export const findService = ({ file, services }: DeclaredServices, text: string): DeclaredService => {
  const address = addressIn(text);
  const found = services.find((one) => one.name === text || (address !== undefined && one.address === address));
  if (found !== undefined) return found;
  const known = services.map(({ name }) => name);
  throw usageError(
    `${file.path} declares no onion service '${text}'`,
    didYouMean(text, known) ?? `declared: ${known.join(', ') || 'none'}`,
  );
};
