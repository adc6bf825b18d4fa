// The rules that a person wrote beside a release.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseRules, type Rules, rulesError } from '../../../live/rules/rules.ts';
import { usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';

/** Undefined where no file is named. @throws LiveError `live-rules-bad`, CliError where there is none */
export const readRules = ({ surroundings }: CommandContext, file: string | undefined): Rules | undefined => {
  if (file === undefined) return undefined;
  const path = resolve(surroundings.cwd, file);
  if (!existsSync(path)) throw usageError(`there is no ${path}`, 'name the file with the rules');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw rulesError(path, `it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parseRules(text, path);
};
