// Answers the completion scripts: one candidate a line, a tab, what it is. Never fails: a wrong configuration gives none.
import type { Store } from '../../store/store.ts';
import { defineCommand } from '../core/command.ts';
import { completeWords, type NameSource } from '../core/complete.ts';
import { loadConfig } from '../core/config-file.ts';
import type { CommandContext } from '../core/context.ts';
import { exitCodes } from '../core/exit-codes.ts';

/** Names that the store knows. Opens no state where there is none yet. */
const fromStore = async (
  context: CommandContext,
  list: (store: Store) => Promise<readonly string[]>,
): Promise<readonly string[]> => {
  const { hasJournal, locateStore, openJournal } = await import('../core/journal-store.ts');
  const place = await locateStore(context);
  if (!hasJournal(place)) return [];
  await using store = await openJournal(context, place);
  return await list(store);
};

/** Newest first. */
const runIds = async (store: Store): Promise<readonly string[]> => {
  const { listRuns } = await import('../../change/read-run.ts');
  return (await listRuns(store, { limit: 50 })).map(({ run }) => run);
};

const experimentIds = async (store: Store): Promise<readonly string[]> => {
  const { listStoredExperiments } = await import('../../store/experiments.ts');
  return (await listStoredExperiments(store)).map(({ id }) => id);
};

export const command = defineCommand({
  summary: 'answer a completion script',
  hidden: true,
  examples: [['tearless complete -- relay l', 'candidates for the last word']],
  positionals: [{ name: 'WORDS', summary: 'the command line so far; the last word is being typed', variadic: true }],
  async run(context, { positionals }) {
    const configured = async () => {
      const { config } = await loadConfig(context);
      const [{ listRelays }, { resolveOnions }] = await Promise.all([
        import('../../config/desired.ts'),
        import('../../config/onions.ts'),
      ]);
      return {
        onions: resolveOnions(config),
        hosts: Object.keys(config.hosts),
        relays: listRelays(config).map(({ id }) => id),
        experiments: Object.keys(config.experiments ?? {}),
      };
    };
    const names: NameSource = async (kind) => {
      if (kind === 'file' || kind === 'directory') return [];
      try {
        if (kind === 'run') return await fromStore(context, runIds);
        if (kind === 'experiment') {
          const stored = await fromStore(context, experimentIds);
          // Designed ones are not in the store yet; there may be no configuration at all.
          const { experiments } = await configured().catch(() => ({ experiments: [] }));
          return [...new Set([...stored, ...experiments])].sort();
        }
        const { hosts, relays, onions } = await configured();
        if (kind === 'host') return hosts;
        if (kind === 'onion') return onions.map(({ name }) => name);
        if (kind === 'onion-worker')
          return onions.flatMap(({ name, workers }) => workers.map((worker) => `${name}/${worker.name}`));
        return kind === 'relay' ? relays : [...hosts.map((host) => `host=${host}`), ...relays];
      } catch {
        return []; // a shell's Tab is no place for errors of the configuration or the store
      }
    };
    for (const { value, about } of await completeWords(positionals, names))
      context.surroundings.stdout.write(`${value}\t${about}\n`);
    return exitCodes.done;
  },
});
