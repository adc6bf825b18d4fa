// A fleet opened for one command: its configuration, its hosts, its journal. Everything is closed again when it ends.
import { type Desired, resolveDesired } from '../../config/desired.ts';
import type { Config } from '../../config/schema.ts';
import type { Store } from '../../store/store.ts';
import { type ConfigFile, loadConfig } from './config-file.ts';
import type { CommandContext } from './context.ts';
import { createHosts, type Hosts } from './hosts.ts';
import { openJournal } from './journal-store.ts';
import { type StatePaths, statePaths } from './state-paths.ts';

/** What reading hosts and planning need. */
export interface FleetHosts {
  readonly desired: Desired;
  readonly hosts: Hosts;
}

/** A fleet that is only looked at: nothing of the operator's own is opened. */
export interface ReadFleet extends FleetHosts, AsyncDisposable {
  readonly file: ConfigFile;
  readonly config: Config;
  readonly state: StatePaths;
}

export interface Fleet extends ReadFleet {
  readonly store: Store;
}

/** Nothing is connected yet. */
export const openReadFleet = async (context: CommandContext): Promise<ReadFleet> => {
  const { file, config } = await loadConfig(context);
  const state = statePaths(context.surroundings);
  const hosts = createHosts(config, file, state);
  return { file, config, desired: resolveDesired(config), hosts, state, [Symbol.asyncDispose]: () => hosts.close() };
};

export const openFleet = async (context: CommandContext): Promise<Fleet> => {
  const fleet = await openReadFleet(context);
  const store = await openJournal(context);
  return {
    ...fleet,
    store,
    [Symbol.asyncDispose]: async () => {
      await fleet.hosts.close();
      await store.close();
    },
  };
};
