// A fleet opened for one command: its configuration, its hosts, its journal. Everything is closed again when it ends.
import { type Desired, resolveDesired } from '../../config/desired.ts';
import type { Config } from '../../config/schema.ts';
import { openStore, type Store } from '../../store/store.ts';
import { type ConfigFile, loadConfig } from './config-file.ts';
import type { CommandContext } from './context.ts';
import { createHosts, type Hosts } from './hosts.ts';
import { type StatePaths, statePaths } from './state-paths.ts';

export interface Fleet extends AsyncDisposable {
  readonly file: ConfigFile;
  readonly config: Config;
  readonly desired: Desired;
  readonly hosts: Hosts;
  readonly state: StatePaths;
  readonly store: Store;
}

export const openFleet = async (context: CommandContext): Promise<Fleet> => {
  const { file, config } = await loadConfig(context);
  const state = statePaths(context.surroundings);
  const store = await openStore(state.database);
  const hosts = createHosts(config, file, state);
  return {
    file,
    config,
    desired: resolveDesired(config),
    hosts,
    state,
    store,
    [Symbol.asyncDispose]: async () => {
      await hosts.close();
      await store.close();
    },
  };
};
