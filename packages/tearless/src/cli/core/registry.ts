// Finds commands by where their files lie: commands/<noun>/<verb>.ts, commands/<noun>/<noun>/<verb>.ts, or
// commands/<verb>.ts for those without a noun.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Bug } from '../../base/error.ts';
import type { Command } from './command.ts';

const root = join(import.meta.dirname, '..', 'commands');

export interface CommandEntry {
  /** `['relay', 'ls']`, `['balance', 'keys', 'show']`. */
  readonly path: readonly string[];
  load(): Promise<Command>;
}

const isCommandFile = (name: string): boolean => name.endsWith('.ts') && !name.endsWith('.test.ts');

const entryAt = (path: readonly string[]): CommandEntry => ({
  path,
  load: async () => {
    const module = (await import(join(root, `${join(...path)}.ts`))) as { command?: Command };
    if (module.command === undefined) throw new Bug(`commands/${path.join('/')}.ts exports no command`);
    return module.command;
  },
});

/** A folder is a noun when it holds `noun.ts`, which says in one line what the noun is; other folders help a command. */
const isNoun = (path: readonly string[]): boolean => existsSync(join(root, ...path, 'noun.ts'));

const wordsOf = (noun: string | undefined): string[] => (noun === undefined ? [] : noun.split(' '));

export interface Noun {
  /** All its words: `relay`, `balance keys`. */
  readonly name: string;
  readonly summary: string;
}

/** The nouns of the first word, or those within a noun. */
export const listNouns = async (within?: string): Promise<Noun[]> => {
  const above = wordsOf(within);
  const names = readdirSync(join(root, ...above), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isNoun([...above, entry.name]))
    .map((entry) => entry.name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const module = (await import(join(root, ...above, name, 'noun.ts'))) as { summary: string };
      return { name: [...above, name].join(' '), summary: module.summary };
    }),
  );
};

/** All nouns, each before those within it. */
export const listNounsDeep = async (within?: string): Promise<Noun[]> => {
  const nouns = await listNouns(within);
  return (await Promise.all(nouns.map(async (noun) => [noun, ...(await listNounsDeep(noun.name))]))).flat();
};

/** All commands of a noun, or all without one. */
export const listCommands = (noun?: string): CommandEntry[] => {
  const above = wordsOf(noun);
  return readdirSync(join(root, ...above), { withFileTypes: true })
    .filter((entry) => entry.isFile() && isCommandFile(entry.name) && entry.name !== 'noun.ts')
    .map((entry) => entry.name.slice(0, -3))
    .sort()
    .map((verb) => entryAt([...above, verb]));
};

const plain = /^[a-z][a-z-]*$/;

export type Found =
  | { readonly kind: 'command'; readonly entry: CommandEntry; readonly rest: readonly string[] }
  | { readonly kind: 'noun'; readonly noun: string; readonly rest: readonly string[] }
  | { readonly kind: 'nothing'; readonly rest: readonly string[] };

/** The command that the first words name. Options do not stand before them, except the global ones. */
export const findCommand = (words: readonly string[]): Found => {
  let depth = 0;
  const isWord = (word: string | undefined): word is string =>
    word !== undefined && plain.test(word) && word !== 'noun';
  while (isWord(words[depth]) && isNoun(words.slice(0, depth + 1))) depth += 1;
  const rest = words.slice(depth);
  if (isWord(rest[0]) && existsSync(join(root, ...words.slice(0, depth), `${rest[0]}.ts`)))
    return { kind: 'command', entry: entryAt(words.slice(0, depth + 1)), rest: rest.slice(1) };
  return depth === 0 ? { kind: 'nothing', rest } : { kind: 'noun', noun: words.slice(0, depth).join(' '), rest };
};
