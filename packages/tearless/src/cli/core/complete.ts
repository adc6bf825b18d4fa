// Candidates for the word under the cursor, from the registry and, for names, from whoever knows them.
import { type Command, type Completion, globalOptions, type OptionSpec } from './command.ts';
import { findCommand, listCommands, listNouns } from './registry.ts';

export interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** Gives the names of a kind: hosts, relays, selectors, runs. Files and directories are the shell's own business. */
export type NameSource = (kind: Exclude<Completion, readonly string[]>) => Promise<readonly string[]>;

const candidatesFor = async (completion: Completion | undefined, names: NameSource): Promise<Candidate[]> => {
  if (completion === undefined) return [];
  const values = typeof completion === 'string' ? await names(completion) : completion;
  return values.map((value) => ({ value, about: '' }));
};

const describeCommands = (commands: readonly { readonly name: string; readonly command: Command }[]): Candidate[] =>
  commands
    .filter(({ command }) => command.hidden !== true)
    .map(({ name, command }) => ({ value: name, about: command.summary }));

const loadAll = (noun?: string) =>
  Promise.all(
    listCommands(noun).map(async (entry) => ({ name: entry.path.at(-1) ?? '', command: await entry.load() })),
  );

const completeCall = async (
  command: Command,
  before: readonly string[],
  current: string,
  names: NameSource,
): Promise<Candidate[]> => {
  const options: Record<string, OptionSpec> = { ...globalOptions, ...command.options };
  const last = before.at(-1);
  const pending = last?.startsWith('--') === true ? options[last.slice(2)] : undefined;
  if (pending?.type === 'string') return candidatesFor(pending.complete, names);
  if (current.startsWith('-'))
    return Object.entries(options)
      .filter(([name, spec]) => spec.multiple === true || !before.includes(`--${name}`))
      .map(([name, spec]) => ({ value: `--${name}`, about: spec.summary }));
  const words = before.filter((word, index) => {
    const option =
      before[index - 1]?.startsWith('--') === true ? options[before[index - 1]?.slice(2) ?? ''] : undefined;
    return !word.startsWith('-') && option?.type !== 'string';
  });
  const declared = command.positionals ?? [];
  const spec = declared[words.length] ?? (declared.at(-1)?.variadic === true ? declared.at(-1) : undefined);
  return candidatesFor(spec?.complete, names);
};

/**
 * @param words the command line without the program's name; the last one is being typed and may be empty
 * @returns those candidates that begin as the last word does
 */
export const completeWords = async (words: readonly string[], names: NameSource): Promise<Candidate[]> => {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const found = findCommand(before);
  let candidates: Candidate[];
  if (found.kind === 'command') candidates = await completeCall(await found.entry.load(), found.rest, current, names);
  else if (found.rest.length > 0) candidates = [];
  else {
    const noun = found.kind === 'noun' ? found.noun : undefined;
    candidates = [
      ...(await listNouns(noun)).map(({ name, summary }) => ({ value: name.split(' ').at(-1) ?? '', about: summary })),
      ...describeCommands(await loadAll(noun)),
    ];
  }
  return candidates.filter(({ value }) => value.startsWith(current));
};
