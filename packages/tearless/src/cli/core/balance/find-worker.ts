// The worker that a command line names as SERVICE/WORKER: the service by its name in tearless.yaml, or by its address.

import { type FrontendStatus, readBalanceStatus, type WorkerStatus } from '../../../balance/run/status.ts';
import { didYouMean } from '../../../base/did-you-mean.ts';
import { resolveOnions } from '../../../config/onions.ts';
import type { Store } from '../../../store/store.ts';
import { usageError } from '../cli-error.ts';
import { loadConfig } from '../config-file.ts';
import type { CommandContext } from '../context.ts';
import { readFrontendAddress } from './choose-onions.ts';

export interface FoundWorker {
  readonly frontend: FrontendStatus;
  readonly worker: WorkerStatus;
}

const onionAddress = /^[a-z2-7]{56}(\.onion)?$/;

const addressOf = async (service: string, context: CommandContext): Promise<string> => {
  if (onionAddress.test(service)) return service.endsWith('.onion') ? service : `${service}.onion`;
  const { config, file } = await loadConfig(context);
  const onions = resolveOnions(config);
  const onion = onions.find(({ name }) => name === service);
  if (onion !== undefined) return readFrontendAddress(onion, file);
  const known = onions.map(({ name }) => name);
  throw usageError(
    `there is no onion service '${service}' in ${file.path}`,
    didYouMean(service, known) ?? 'name one of tearless.yaml, or the address of one',
  );
};

/** @throws CliError `cli-usage` for what is not served, or was never */
export const findWorker = async (context: CommandContext, store: Store, name: string): Promise<FoundWorker> => {
  const at = name.indexOf('/');
  if (at < 1 || at === name.length - 1)
    throw usageError(`'${name}' names no worker`, 'a worker is written SERVICE/WORKER, such as shop/w1');
  const [service, id] = [name.slice(0, at), name.slice(at + 1)];
  const address = await addressOf(service, context);
  const frontends = await readBalanceStatus(store, context.surroundings.clock.now());
  const frontend = frontends.find((one) => one.address === address);
  if (frontend === undefined)
    throw usageError(`${service} was never served from here`, "'tearless balance run' serves it, and keeps its state");
  const worker = frontend.workers.find((one) => one.id === id);
  if (worker !== undefined) return { frontend, worker };
  const known = frontend.workers.map((one) => one.id);
  throw usageError(
    `${service} has no worker '${id}'`,
    didYouMean(id, known) ?? `it has ${known.join(', ')}: 'tearless balance status' shows them`,
  );
};
