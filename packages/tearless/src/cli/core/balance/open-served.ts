// What `balance run` serves: the services of tearless.yaml, or those of an Onionbalance configuration that --config names.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import type { Policy } from '../../../balance/model/layout.ts';
import { usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { readFrontends } from './read-frontends.ts';
import { readBalancedServices, type ServedServices } from './read-services.ts';

/** Onionbalance's files have `services`; what cannot be read or parsed is told by whoever reads it next. */
const isOnionbalance = async (path: string): Promise<boolean> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  const { contents } = parseDocument(text);
  return isMap(contents) && contents.has('services');
};

export interface ServedCall {
  /** All when empty. */
  readonly names: readonly string[];
  /** Undefined: as declared, or `distinct` where nothing can be declared. */
  readonly policy: Policy | undefined;
}

/** @throws what reading either configuration throws */
export const openServed = async (context: CommandContext, { names, policy }: ServedCall): Promise<ServedServices> => {
  const { configOption, surroundings } = context;
  if (configOption !== undefined && (await isOnionbalance(resolve(surroundings.cwd, configOption)))) {
    if (names.length > 0)
      throw usageError(
        'the services of an Onionbalance configuration have no names',
        "'tearless balance import' makes them ones of tearless.yaml",
      );
    return {
      frontends: await readFrontends(context, policy ?? 'distinct'),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  return readBalancedServices(context, names, policy);
};
