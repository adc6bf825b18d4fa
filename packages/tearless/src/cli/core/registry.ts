// Finds commands by where their files lie: commands/<noun>/<verb>.ts, or commands/<verb>.ts for those without a noun.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Bug } from '../../base/error.ts';
import type { Command } from './command.ts';

const root = join(import.meta.dirname, '..', 'commands');

export interface CommandEntry {
  /** `['relay', 'ls']`. */
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
const nouns = (): string[] =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'noun.ts')))
    .map((entry) => entry.name)
    .sort();

const verbsOf = (noun: string): string[] =>
  readdirSync(join(root, noun))
    .filter((name) => isCommandFile(name) && name !== 'noun.ts')
    .map((name) => name.slice(0, -3))
    .sort();

export const listNouns = async (): Promise<{ name: string; summary: string }[]> =>
  Promise.all(
    nouns().map(async (name) => {
      const module = (await import(join(root, name, 'noun.ts'))) as { summary: string };
      return { name, summary: module.summary };
    }),
  );

/** All commands of a noun, or all without one. */
export const listCommands = (noun?: string): CommandEntry[] => {
  if (noun !== undefined) return verbsOf(noun).map((verb) => entryAt([noun, verb]));
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isCommandFile(entry.name))
    .map((entry) => entryAt([entry.name.slice(0, -3)]))
    .sort((a, b) => ((a.path[0] ?? '') < (b.path[0] ?? '') ? -1 : 1));
};

const plain = /^[a-z][a-z-]*$/;

export type Found =
  | { readonly kind: 'command'; readonly entry: CommandEntry; readonly rest: readonly string[] }
  | { readonly kind: 'noun'; readonly noun: string; readonly rest: readonly string[] }
  | { readonly kind: 'nothing'; readonly rest: readonly string[] };

/** The command that the first words name. Options do not stand before them, except the global ones. */
export const findCommand = (words: readonly string[]): Found => {
  const [first, second] = words;
  if (first === undefined || !plain.test(first) || first === 'noun') return { kind: 'nothing', rest: words };
  if (existsSync(join(root, first, 'noun.ts'))) {
    if (
      second !== undefined &&
      second !== 'noun' &&
      plain.test(second) &&
      existsSync(join(root, first, `${second}.ts`))
    )
      return { kind: 'command', entry: entryAt([first, second]), rest: words.slice(2) };
    return { kind: 'noun', noun: first, rest: words.slice(1) };
  }
  if (existsSync(join(root, `${first}.ts`))) return { kind: 'command', entry: entryAt([first]), rest: words.slice(1) };
  return { kind: 'nothing', rest: words };
};
