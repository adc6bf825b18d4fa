// The services that `balance run` is to serve: an Onionbalance configuration and the key files that it names.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { FrontendConfig } from '../../../balance/model/frontend-config.ts';
import type { Policy } from '../../../balance/model/layout.ts';
import { parseOnionbalanceConfig } from '../../../balance/run/onionbalance-config.ts';
import { CliError, usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { openFrontend } from './open-frontend.ts';

const unreadable = (path: string, cause: unknown): CliError =>
  new CliError({
    kind: 'config',
    code: 'balance-config-unreadable',
    place: 'config',
    message: `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    subject: path,
    cause,
  });

/** Warns of keys that others can read. @throws CliError, BalanceError `balance-config`, `balance-key`, `balance-presigned` */
export const readFrontends = async (context: CommandContext, policy: Policy): Promise<FrontendConfig[]> => {
  const { configOption, surroundings, output } = context;
  if (configOption === undefined)
    throw usageError('no configuration was named', 'tearless balance run --config config.yaml');
  const path = resolve(surroundings.cwd, configOption);
  const read = (file: string): Promise<Buffer> =>
    readFile(file).catch((error: unknown) => {
      throw unreadable(file, error);
    });
  const services = parseOnionbalanceConfig((await read(path)).toString('utf8'), path);
  const frontends: FrontendConfig[] = [];
  for (const { keyPath, workers } of services) {
    const keyFile = resolve(dirname(path), keyPath);
    const frontend = await openFrontend(
      { subject: path, keyFile, address: undefined, clientsFolder: undefined, caa: [] },
      {
        policy,
        // Onionbalance's configuration does not say which ports there are.
        workers: workers.map((worker) => ({ ...worker, weight: 1, port: null })),
        isCaaCritical: false,
      },
      { clock: surroundings.clock, note: output.note },
    );
    const { address } = frontend.keys;
    if (frontends.some(({ keys }) => keys.address === address))
      throw unreadable(path, new Error(`two services have the key of ${address}`));
    frontends.push(frontend);
  }
  return frontends;
};
