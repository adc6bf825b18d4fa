// The operator's own state, opened for a command: where it lies is said by --store, the environment or the configuration, in
// that order; else it is a file below the home folder.
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { findStateSetting } from '../../config/find-state.ts';
import { parseStorePlace, type StorePlace } from '../../store/place.ts';
import { openStore, type Store } from '../../store/store.ts';
import { CliError } from './cli-error.ts';
import { locateConfig } from './config-file.ts';
import type { CommandContext } from './context.ts';
import { statePaths } from './state-paths.ts';

const readSetting = async (
  context: CommandContext,
): Promise<{ readonly path: string; readonly state: string } | undefined> => {
  const located = locateConfig(context);
  // Who needs a configuration says itself that there is none.
  if (located === undefined || !existsSync(located.path)) return undefined;
  const state = await findStateSetting(readFileSync(located.path, 'utf8'));
  return state === undefined ? undefined : { path: located.path, state };
};

/** Of places that others can read: a command line, a file that is shared. */
const refusePassword = (place: StorePlace, where: string, kind: 'usage' | 'config'): StorePlace => {
  if (place.kind === 'sqlite' || place.at.password === undefined) return place;
  throw new CliError({
    kind,
    code: 'store-password-exposed',
    message: `${where} would show the password of the state’s database to others`,
    hint: 'change that password; then write it into ~/.pgpass (chmod 0600): HOST:PORT:DATABASE:USER:PASSWORD',
  });
};

/** @throws CliError, StoreError `store-place` */
export const locateStore = async (context: CommandContext): Promise<StorePlace> => {
  const { surroundings, storeOption } = context;
  const { env, cwd } = surroundings;
  if (storeOption !== undefined) return refusePassword(parseStorePlace(storeOption, cwd), '--store', 'usage');
  if (env.TEARLESS_STORE !== undefined && env.TEARLESS_STORE !== '') return parseStorePlace(env.TEARLESS_STORE, cwd);
  const setting = await readSetting(context);
  if (setting !== undefined)
    return refusePassword(parseStorePlace(setting.state, dirname(setting.path)), `state: in ${setting.path}`, 'config');
  return { kind: 'sqlite', path: statePaths(surroundings).database };
};

/**
 * What --store or the environment say, for a process that begins elsewhere; undefined where neither says anything.
 * @param where what will hold it, for the message
 * @throws CliError `store-password-exposed`, StoreError `store-place`
 */
export const namedStore = ({ surroundings, storeOption }: CommandContext, where: string): string | undefined => {
  const text = storeOption ?? surroundings.env.TEARLESS_STORE;
  if (text === undefined || text === '') return undefined;
  const place = refusePassword(parseStorePlace(text, surroundings.cwd), where, 'usage');
  return place.kind === 'sqlite' ? place.path : text;
};

/** False where nothing was ever kept: to look would make an empty state. A server is asked. */
export const hasJournal = (place: StorePlace): boolean => place.kind === 'postgres' || existsSync(place.path);

/** @param place where it is known already */
export const openJournal = async (context: CommandContext, place?: StorePlace): Promise<Store> =>
  openStore(place ?? (await locateStore(context)), { env: context.surroundings.env });
