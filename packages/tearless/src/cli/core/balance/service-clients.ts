// The clients of a service of tearless.yaml, where commands change them.
import { dirname, relative, resolve } from 'node:path';
import type { AuthorizedClient } from '../../../balance/keys/client-list.ts';
import { refusal } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { type DeclaredService, type DeclaredServices, findService, readServices } from './find-service.ts';
import { readClients } from './open-clients.ts';

export interface ServiceClients {
  readonly declared: DeclaredServices;
  readonly service: DeclaredService;
  /** False: everyone who knows the address may find it. */
  readonly isRestricted: boolean;
  /** Where their files are, or would be. */
  readonly folder: string;
  /** The folder as the configuration would have it. */
  readonly written: string;
  readonly clients: readonly AuthorizedClient[];
}

/** @throws as `readServices`, `findService`, `readClients`; CliError `balance-clients-onionbalance` */
export const readServiceClients = async (context: CommandContext, text: string): Promise<ServiceClients> => {
  const declared = await readServices(context);
  if (declared.isOnionbalance)
    throw refusal({
      code: 'balance-clients-onionbalance',
      message: `${declared.file.path} is a configuration of Onionbalance, which knows no clients`,
      hint: 'declare the service in tearless.yaml',
      subject: declared.file.path,
    });
  const service = findService(declared, text);
  const isRestricted = service.clientsFolder !== undefined;
  const base = dirname(declared.file.path);
  const folder = service.clientsFolder ?? resolve(base, 'clients', service.name);
  return {
    declared,
    service,
    isRestricted,
    folder,
    written: relative(base, folder),
    clients: isRestricted ? readClients(folder) : [],
  };
};
