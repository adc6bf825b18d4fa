// The run that a command names: whole, by a beginning that fits one only, or `last`. Journals are not read: one that cannot be, such as
// another version's, stands in no other run's way.
import { listStoredRuns } from '../../store/runs.ts';
import type { Store } from '../../store/store.ts';
import { CliError } from './cli-error.ts';

/**
 * @returns the run's whole name; a name that nothing here begins with is given back: it may lie on hosts
 * @throws CliError `cli-run-ambiguous`, `cli-no-runs`
 */
export const resolveRunName = async (store: Store, name: string): Promise<string> => {
  const runs = (await listStoredRuns(store)).map(({ run }) => run);
  if (name === 'last') {
    const [newest] = runs;
    if (newest === undefined)
      throw new CliError({
        kind: 'not-found',
        code: 'cli-no-runs',
        message: 'there are no runs yet',
        hint: "'tearless apply' makes one",
      });
    return newest;
  }
  if (runs.includes(name)) return name;
  const fitting = runs.filter((run) => run.startsWith(name));
  if (fitting.length > 1)
    throw new CliError({
      kind: 'usage',
      code: 'cli-run-ambiguous',
      message: `'${name}' begins ${fitting.length} runs`,
      hint: `one of ${fitting.slice(0, 5).join(', ')}`,
    });
  return fitting[0] ?? name;
};
