// A service as it is declared, with its keys and clients opened: what a balancer serves.
import { parseCaa } from '../../../balance/keys/caa.ts';
import type { FrontendConfig } from '../../../balance/model/frontend-config.ts';
import { CliError } from '../cli-error.ts';
import { openClients } from './open-clients.ts';
import { type KeyWatch, openFrontendKeys } from './open-keys.ts';

export interface DeclaredSecrets {
  /** For errors: the service's name and where it is declared. */
  readonly subject: string;
  /** Its key, or keys made ahead. Absolute. */
  readonly keyFile: string;
  /** With `.onion`; undefined where the key alone tells. */
  readonly address: string | undefined;
  /** Absolute; undefined: everyone may find it. */
  readonly clientsFolder: string | undefined;
  readonly caa: readonly string[];
}

type Rest = Pick<FrontendConfig, 'workers' | 'policy' | 'isCaaCritical'>;

/**
 * @returns not to be spread: `clients` is asked of the folder each time
 * @throws CliError `balance-key-unreadable`, `balance-key-open`, `balance-key-other`, `balance-clients-unreadable`,
 *   BalanceError `balance-key`, `balance-presigned`, `balance-client`, `balance-caa`
 */
export const openFrontend = async (declared: DeclaredSecrets, rest: Rest, watch: KeyWatch): Promise<FrontendConfig> => {
  const { subject, keyFile, address, clientsFolder, caa } = declared;
  for (const record of caa) parseCaa(record, subject);
  const keys = await openFrontendKeys(keyFile, watch);
  if (address !== undefined && keys.address !== address)
    throw new CliError({
      kind: 'config',
      code: 'balance-key-other',
      place: 'config',
      message: `${subject} has the address ${address}, but ${keyFile} is of ${keys.address}`,
      subject: keyFile,
      hint: 'mend the address, or name the right key',
    });
  const listClients = clientsFolder === undefined ? () => [] : openClients(clientsFolder, watch);
  const { workers, policy, isCaaCritical } = rest;
  return {
    keys,
    workers,
    policy,
    get clients() {
      return listClients();
    },
    caa,
    isCaaCritical,
  };
};
