// Runs tearless commands inside the demo as a person would type them, and listens to their JSON.

import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { JsonObject } from '../../../base/json.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { runCli } from '../run-cli.ts';

export interface InnerCli {
  /**
   * @param words without `--json`, which is added
   * @param onLine every line before the last one: the events of long runs
   * @returns the last object, and the exit code
   */
  run(
    words: readonly string[],
    onLine?: (event: JsonObject) => void,
  ): Promise<{ exitCode: number; result: JsonObject }>;
}

export interface InnerPlace {
  /** Working directory: where tearless.yaml lies. */
  readonly directory: string;
  /** Holds the journal, so that the demo leaves the user's own alone. */
  readonly stateHome: string;
}

export const openInnerCli = (context: CommandContext, { directory, stateHome }: InnerPlace): InnerCli => ({
  async run(words, onLine = () => {}) {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    let said = '';
    stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    let last: JsonObject | undefined;
    const lines = createInterface(stdout);
    lines.on('line', (line) => {
      if (last !== undefined) onLine(last);
      last = JSON.parse(line) as JsonObject;
      // An event is told at once: what follows an effect must not be learnt after it.
      if ('kind' in last) {
        onLine(last);
        last = undefined;
      }
    });
    const ended = new Promise<void>((resolve) => lines.once('close', resolve));
    const exitCode = await runCli([...words, '--json'], {
      ...context.surroundings,
      stdin,
      stdout,
      stderr,
      cwd: directory,
      env: { ...context.surroundings.env, XDG_STATE_HOME: stateHome, TEARLESS_CONFIG: undefined },
      onInterrupt: (callback) => {
        const forget = context.onStopRequested(callback);
        context.signal.addEventListener('abort', callback);
        return () => {
          forget();
          context.signal.removeEventListener('abort', callback);
        };
      },
    });
    stdout.end();
    await ended;
    if (last === undefined)
      throw new CliError({
        kind: 'failed',
        code: 'demo-no-result',
        message: `tearless ${words.join(' ')} gave no result: ${said.trim()}`,
      });
    return { exitCode, result: last };
  },
});
