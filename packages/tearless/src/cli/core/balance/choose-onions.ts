// The onion services that a command line names, and the address of each: from its key where that lies here.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { didYouMean } from '../../../base/did-you-mean.ts';
import { type DesiredOnion, resolveOnions } from '../../../config/onions.ts';
import type { Config } from '../../../config/schema.ts';
import { CliError, usageError } from '../cli-error.ts';
import type { ConfigFile } from '../config-file.ts';
import { readKeyFile } from './key-file.ts';

/**
 * @param names all declared services when empty
 * @throws CliError `cli-usage` for a name that is not declared, `balance-no-services` when none is
 */
export const chooseOnions = (config: Config, file: ConfigFile, names: readonly string[]): DesiredOnion[] => {
  const onions = resolveOnions(config);
  if (onions.length === 0)
    throw new CliError({
      kind: 'config',
      code: 'balance-no-services',
      place: 'config',
      message: `${file.path} declares no onion services`,
      subject: file.path,
      hint: "declare one under onions, or take those of an Onionbalance over with 'tearless balance import config.yaml'",
    });
  const known = onions.map(({ name }) => name);
  for (const name of names)
    if (!known.includes(name))
      throw usageError(
        `there is no onion service '${name}' in ${file.path}`,
        didYouMean(name, known) ?? `it declares ${known.join(', ')}`,
      );
  return names.length === 0 ? onions : onions.filter(({ name }) => names.includes(name));
};

/** The file that its keys are read from, absolute; undefined where neither is declared. */
export const keyPathOf = ({ key, presigned }: DesiredOnion, file: Pick<ConfigFile, 'path'>): string | undefined => {
  const written = presigned ?? key;
  return written === undefined ? undefined : resolve(dirname(file.path), written);
};

/**
 * The service's address: as declared, else as its key has it. A key that lies here must be that of the declared address.
 * @throws CliError `balance-key-unreadable`, `balance-key-of-another`, BalanceError `balance-key`, `balance-presigned`
 */
export const readFrontendAddress = async (onion: DesiredOnion, file: ConfigFile): Promise<string> => {
  const path = keyPathOf(onion, file);
  if (path === undefined || (onion.address !== undefined && !existsSync(path))) return onion.address ?? '';
  const read = await readKeyFile(path);
  const { address } = read.kind === 'identity' ? read.key : read.presigned;
  if (onion.address === undefined || onion.address === address) return address;
  throw new CliError({
    kind: 'config',
    code: 'balance-key-of-another',
    place: 'config',
    message: `${path} is the key of ${address}, not of ${onion.address} as declared for '${onion.name}'`,
    subject: path,
    hint: 'name the key that is meant, or mend the address',
  });
};
