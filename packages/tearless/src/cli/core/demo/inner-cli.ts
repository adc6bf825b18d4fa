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
  /** Types a command that goes on until it is told to stop, as by Ctrl-C. */
  follow(words: readonly string[], onLine: (event: JsonObject) => void): Followed;
}

export interface Followed {
  /** Rejects when the command fails. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface InnerPlace {
  /** Working directory: where tearless.yaml lies. */
  readonly directory: string;
  /** Holds the journal, so that the demo leaves the user's own alone. */
  readonly stateHome: string;
}

interface Call {
  readonly words: readonly string[];
  readonly onLine: (event: JsonObject) => void;
  /** Adds what asks the command to stop. @returns what takes it back */
  readonly onInterrupt: (callback: () => void) => () => void;
}

/** @returns the exit code, the last object that was no event, and what was said beside */
const type = async (context: CommandContext, { directory, stateHome }: InnerPlace, call: Call) => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let said = '';
  stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  let last: JsonObject | undefined;
  const lines = createInterface(stdout);
  lines.on('line', (line) => {
    if (last !== undefined) call.onLine(last);
    last = JSON.parse(line) as JsonObject;
    // An event is told at once: what follows an effect must not be learnt after it.
    if ('kind' in last) {
      call.onLine(last);
      last = undefined;
    }
  });
  const ended = new Promise<void>((resolve) => lines.once('close', resolve));
  const exitCode = await runCli([...call.words, '--json'], {
    ...context.surroundings,
    stdin,
    stdout,
    stderr,
    cwd: directory,
    env: { ...context.surroundings.env, XDG_STATE_HOME: stateHome, TEARLESS_CONFIG: undefined },
    onInterrupt: call.onInterrupt,
  });
  stdout.end();
  await ended;
  return { exitCode, last, said: said.trim() };
};

export const openInnerCli = (context: CommandContext, place: InnerPlace): InnerCli => {
  const onInterrupt = (callback: () => void) => {
    const forget = context.onStopRequested(callback);
    context.signal.addEventListener('abort', callback);
    return () => {
      forget();
      context.signal.removeEventListener('abort', callback);
    };
  };
  return {
    async run(words, onLine = () => {}) {
      const { exitCode, last, said } = await type(context, place, { words, onLine, onInterrupt });
      if (last === undefined)
        throw new CliError({
          kind: 'failed',
          code: 'demo-no-result',
          message: `tearless ${words.join(' ')} gave no result: ${said}`,
        });
      return { exitCode, result: last };
    },
    follow(words, onLine) {
      const stops = new Set<() => void>();
      const listen = (callback: () => void) => {
        const forget = onInterrupt(callback);
        stops.add(callback);
        return () => {
          forget();
          stops.delete(callback);
        };
      };
      const ended = type(context, place, { words, onLine, onInterrupt: listen }).then(({ exitCode, last, said }) => {
        if (exitCode === 0) return;
        const { error } = (last ?? {}) as { error?: { message?: string } };
        throw new CliError({
          kind: 'failed',
          code: 'demo-command-failed',
          message: `tearless ${words.join(' ')}: ${error?.message ?? said}`,
        });
      });
      ended.catch(() => {}); // `stop` and whoever waits get the error
      return {
        ended,
        async stop() {
          for (const callback of [...stops]) callback();
          await ended;
        },
      };
    },
  };
};
