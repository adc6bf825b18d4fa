// The commands that the pages tell people to type: each is one that the program has, with options that it knows.
// What they print is not compared: pages quote runs of their own.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseCall } from 'tearless/cli/core/parse-call.ts';
import { findCommand } from 'tearless/cli/core/registry.ts';
import { parseConfig } from 'tearless/config/parse.ts';
import { parseRules } from 'tearless/live/rules/rules.ts';
import { parse, stringify } from 'yaml';

const root = join(import.meta.dirname, '..');
const pages = globSync(['README.md', 'CONTRIBUTING.md', 'docs/{tutorials,how-to,explanation,dev}/*.md'], { cwd: root });
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

const fenced = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '');

/** The words of a simple command; comments, pipes, redirections and what follows them are left out. */
const wordsOf = (line: string): string[] =>
  [...(line.split(/ [#|>;]/)[0] ?? '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );

const commandsOf = (text: string): string[] => [
  ...fenced(text, 'sh').flatMap((block) => block.split('\n').filter((line) => line.startsWith('tearless '))),
  ...[...text.replace(/^```.*?^```$/gms, '').matchAll(/`(tearless [a-z][^`]*)`/g)].map((match) => match[1] ?? ''),
];

/** @throws what the program itself says to that command line */
const check = async (line: string): Promise<void> => {
  const [, ...words] = wordsOf(line);
  const found = findCommand(words);
  if (found.kind === 'nothing') throw new Error('there is no such command');
  if (found.kind === 'noun') {
    if (found.rest.length > 0) throw new Error(`${found.noun} has no such verb`);
    return;
  }
  const { entry, rest } = found;
  const command = await entry.load();
  const optional = (command.positionals ?? []).map((spec) => ({ ...spec, required: false }));
  parseCall(entry.path.join(' '), { ...command, positionals: optional }, rest);
};

describe('the pages', () => {
  it('name commands and options that there are', async () => {
    const lines = pages.flatMap((page) => commandsOf(read(page)).map((line) => ({ page, line })));
    assert.ok(lines.length > 50, `only ${lines.length} commands found`);
    const wrong: string[] = [];
    for (const { page, line } of lines)
      await check(line).catch((error: unknown) => {
        wrong.push(`${page}: ${line}: ${error instanceof Error ? error.message : error}`);
      });
    assert.deepEqual(wrong, []);
  });

  const shown = pages.flatMap((page) => fenced(read(page), 'yaml').map((text) => ({ page, text, part: parse(text) })));

  it('show rules that live updates take', () => {
    const rules = shown.filter(({ part }) => part.schema !== undefined);
    assert.ok(rules.length > 0);
    for (const { page, text } of rules) parseRules(text, page);
  });

  it('show settings that a configuration takes', () => {
    const base = parse(read('examples/allocator-shares.yaml'));
    const settings = shown.filter(({ part }) => part.schema === undefined);
    assert.ok(settings.length > 4, `only ${settings.length} configurations found`);
    for (const { page, part } of settings) {
      const allocators = { ...base.allocators, ...part.allocators };
      parseConfig(stringify({ ...base, ...part, allocators }), page);
    }
  });
});
