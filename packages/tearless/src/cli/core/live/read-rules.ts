// The rules that a person wrote beside a release.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LiveError } from '../../../live/live-error.ts';
import { declaredMembers, parseRules } from '../../../live/rules/rules.ts';
import type { Differences } from '../../../live/verdict/verdict.ts';
import type { CommandContext } from '../context.ts';

/** None where no file is named. @throws LiveError `live-rules-bad` */
export const readRules = (
  { surroundings }: CommandContext,
  file: string | undefined,
  differences: Differences,
): ReadonlySet<string> => {
  if (file === undefined) return new Set();
  const path = resolve(surroundings.cwd, file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new LiveError({
      kind: 'config',
      code: 'live-rules-bad',
      message: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      subject: path,
      cause: error,
    });
  }
  return declaredMembers(parseRules(text, path), differences, path);
};
