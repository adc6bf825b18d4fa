// Asks a person. Without a terminal there is nobody to ask: the command must have said --yes.
import { createInterface } from 'node:readline/promises';
import { refusal } from './cli-error.ts';
import type { CommandContext } from './context.ts';

/**
 * @param question without a question mark
 * @throws CliError `cli-no-terminal` when nobody can be asked
 */
export const confirm = async ({ surroundings, output, signal }: CommandContext, question: string): Promise<boolean> => {
  const { stdin, stderr } = surroundings;
  if (stdin.isTTY !== true || stderr.isTTY !== true || output.json)
    throw refusal({
      code: 'cli-no-terminal',
      message: `nobody can be asked: ${question}?`,
      hint: 'look at the plan, then say --yes',
    });
  const prompt = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question}? [y/N] `, { signal })).trim());
  } finally {
    prompt.close();
  }
};
