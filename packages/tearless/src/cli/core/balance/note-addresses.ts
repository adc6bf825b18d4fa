// Writes down which addresses deployed workers have: the balancer must know them while a host is away.
import type { InstanceWish } from '../../../balance/deploy/deploy-wish.ts';
import { declareWorkerAddress } from '../../../config/edit-onions.ts';
import { readConfigFile } from '../config-file.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { replaceFile } from '../own-files.ts';
import { readDirs } from './make-deploy-plan.ts';

export interface WorkerAddress {
  readonly onion: string;
  readonly worker: string;
  /** With `.onion`; null where its tor has not loaded the key yet. */
  readonly address: string | null;
}

/** Asks the hosts, and puts what is not declared yet into tearless.yaml. */
export const noteAddresses = async (
  fleet: ReadFleet,
  wishes: readonly InstanceWish[],
  context: CommandContext,
): Promise<readonly WorkerAddress[]> => {
  const dirs = await readDirs(fleet, wishes, context);
  const found = wishes.flatMap(({ id, workers }) =>
    workers.map(({ onion, name, place }): WorkerAddress => {
      const dir = dirs.get(id)?.find((one) => one.name === place.directory);
      return { onion, worker: name, address: dir?.address ?? null };
    }),
  );
  const { path, text } = readConfigFile(context);
  const edited = found.reduce(
    (now, { onion, worker, address }) =>
      address === null ? now : declareWorkerAddress(now, path, { onion, worker, address }),
    text,
  );
  if (edited !== text) replaceFile(path, text, edited);
  return found;
};
