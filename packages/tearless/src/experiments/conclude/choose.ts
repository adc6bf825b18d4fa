// What a person said about what was found: some of it stays, and what was not sure goes. Pure.
import { didYouMean } from '../../base/did-you-mean.ts';
import { ExperimentError } from '../model/experiment-error.ts';
import type { Leaving, Verdict } from './leaving.ts';

export interface Choices {
  /** Ids or paths that stay. */
  readonly leave: readonly string[];
  /** Ids or paths that go although it is not sure that they are the experiment's; `earlier`: all of earlier ones. */
  readonly remove: readonly string[];
}

const fits = ({ id, path, host, relay, origin }: Leaving, name: string): boolean =>
  name === id ||
  name === path ||
  name === `${host}:${path}` ||
  name === relay ||
  (name === 'earlier' && origin === 'earlier');

const judge = (leaving: Leaving, { leave, remove }: Choices): Verdict => {
  if (leave.some((name) => fits(leaving, name))) return 'leave';
  if (leaving.verdict === 'ask' && remove.some((name) => fits(leaving, name))) return 'remove';
  return leaving.verdict;
};

const refuse = (option: string, name: string, all: readonly Leaving[]): never => {
  throw new ExperimentError({
    kind: 'usage',
    code: 'experiment-unknown-leaving',
    message: `${option} ${name}: nothing of that name was found`,
    hint:
      didYouMean(
        name,
        all.flatMap(({ id, path }) => [id, path]),
      ) ?? '--dry-run shows what there is, each with its name',
    subject: name,
  });
};

/**
 * A unit file stays as long as a timer that needs it stays.
 * @throws ExperimentError `experiment-unknown-leaving` for a name that fits nothing, `experiment-leaving-by-hand` for one that
 * Tearless cannot take away
 */
export const chooseLeavings = (found: readonly Leaving[], choices: Choices): Leaving[] => {
  for (const name of choices.leave) if (!found.some((each) => fits(each, name))) refuse('--leave', name, found);
  for (const name of choices.remove) {
    const meant = found.filter((each) => fits(each, name));
    if (meant.length === 0 && name !== 'earlier') refuse('--remove', name, found);
    const [first] = meant.filter(({ verdict }) => verdict === 'by-hand');
    if (first !== undefined && meant.every(({ verdict }) => verdict === 'by-hand'))
      throw new ExperimentError({
        kind: 'refused',
        code: 'experiment-leaving-by-hand',
        place: 'host',
        message: `--remove ${name}: ${first.evidence.at(-1)}`,
        hint: `change ${first.path} on ${first.host} by hand, then run the command again`,
        subject: first.id,
      });
  }
  const judged = found.map((leaving) => ({ ...leaving, verdict: judge(leaving, choices) }));
  const stays = new Set(judged.flatMap(({ id, verdict }) => (verdict === 'remove' ? [] : [id])));
  return judged.map((leaving) => {
    if (leaving.action.kind !== 'unit-file' || leaving.verdict !== 'remove') return leaving;
    const needed = leaving.action.usedBy.filter((id) => stays.has(id));
    const verdict = judged.some(({ id, verdict }) => needed.includes(id) && verdict !== 'leave') ? 'ask' : 'leave';
    return needed.length === 0
      ? leaving
      : {
          ...leaving,
          verdict,
          evidence: [...leaving.evidence, `it stays because ${needed.join(', ')} stays`],
        };
  });
};
