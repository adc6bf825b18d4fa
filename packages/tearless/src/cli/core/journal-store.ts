// The operator's own journal, opened for commands that need no configuration and no host.
import { openStore, type Store } from '../../store/store.ts';
import type { CommandContext } from './context.ts';
import { statePaths } from './state-paths.ts';

export const openJournal = (context: CommandContext): Promise<Store> =>
  openStore(statePaths(context.surroundings).database);
