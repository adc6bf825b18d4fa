// Asks a person. Without a terminal there is nobody to ask: the command must have said --yes.
import { createInterface } from 'node:readline/promises';
import { interruption, refusal } from './cli-error.ts';
import type { CommandContext } from './context.ts';

/**
 * @param question without a question mark
 * @returns false also at the end of input (Ctrl-D)
 * @throws CliError `cli-no-terminal` when nobody can be asked, `cli-interrupted` at Ctrl-C
 */
export const confirm = async ({ surroundings, output, signal }: CommandContext, question: string): Promise<boolean> => {
  const { stdin, stderr } = surroundings;
  if (stdin.isTTY !== true || stderr.isTTY !== true || output.json)
    throw refusal({
      code: 'cli-no-terminal',
      message: `nobody can be asked: ${question}?`,
      hint: 'run it at a terminal, or say --yes once you know that you want it',
    });
  const prompt = createInterface({ input: stdin, output: stderr });
  // While it reads, the terminal gives Ctrl-C to it as a key: no signal comes.
  const interrupted = new AbortController();
  prompt.once('SIGINT', () => interrupted.abort());
  const ending = AbortSignal.any([signal, interrupted.signal]);
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question}? [y/N] `, { signal: ending })).trim());
  } catch (error) {
    if (ending.aborted) throw interruption(error);
    if (error instanceof Error && error.name === 'AbortError') return false;
    throw error;
  } finally {
    prompt.close();
  }
};
