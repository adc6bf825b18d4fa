// One command line from its words to its exit code: finds the command, checks the words, runs it, shows what went wrong.
import { readFileSync } from 'node:fs';
import { didYouMean } from '../../base/did-you-mean.ts';
import { interruption, usageError } from './cli-error.ts';
import type { CommandContext } from './context.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import { renderCommandHelp, renderMainHelp, renderNounHelp } from './help.ts';
import type { Surroundings } from './io.ts';
import { createOutput, type Output } from './output.ts';
import { parseCall } from './parse-call.ts';
import { findCommand, listCommands, listNouns, listNounsDeep } from './registry.ts';
import { textWidth } from './render/wrap.ts';
import { describeErrorAsJson, renderError } from './show-error.ts';

/** The product's version, from its package. */
export const readVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

const print = (output: Output, surroundings: Surroundings, lines: readonly string[]) => {
  if (output.json) surroundings.stdout.write(`${JSON.stringify({ schema: 'tearless.help/v1', lines })}\n`);
  else surroundings.stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.done;
};

/** Interrupts as commands see them: the first, as a reader that is gone, asks to stop after the current step; the second aborts. */
const watchInterrupts = (surroundings: Surroundings, output: Output) => {
  const aborter = new AbortController();
  const listeners = new Set<() => void>();
  let isAsked = false;
  /** @returns whether there is somebody to stop */
  const askToStop = (): boolean => {
    if (listeners.size === 0) return false;
    isAsked = true;
    for (const listener of listeners) listener();
    return true;
  };
  const unwatch = surroundings.onInterrupt(() => {
    if (!isAsked && listeners.size > 0) output.note('stopping after the current step; interrupt again to abort');
    if (isAsked || !askToStop()) aborter.abort(new DOMException('interrupted', 'AbortError'));
  });
  const unwatchReader = surroundings.onReaderGone(askToStop);
  return {
    signal: aborter.signal,
    unwatch: () => {
      unwatch();
      unwatchReader();
    },
    onStopRequested: (callback: () => void) => {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
  };
};

const dispatch = async (words: readonly string[], surroundings: Surroundings, output: Output): Promise<ExitCode> => {
  if (words[0] === '--version') {
    output.result('tearless.version/v1', { version: readVersion() }, () => [`tearless ${readVersion()}`]);
    return exitCodes.done;
  }
  const asksHelp = (rest: readonly string[]) => rest.length === 0 || rest.includes('--help') || rest[0] === 'help';
  const found = findCommand(words);
  if (found.kind === 'command') {
    const name = found.entry.path.join(' ');
    const command = await found.entry.load();
    const { options, positionals } = parseCall(name, command, found.rest);
    if (options.help === true)
      return print(output, surroundings, renderCommandHelp(name, command, output.style, textWidth(output.columns)));
    const interrupts = watchInterrupts(surroundings, output);
    const context: CommandContext = {
      surroundings,
      output,
      configOption: typeof options.config === 'string' ? options.config : undefined,
      storeOption: typeof options.store === 'string' ? options.store : undefined,
      signal: interrupts.signal,
      onStopRequested: interrupts.onStopRequested,
    };
    try {
      return await command.run(context, { options: options as never, positionals });
    } catch (error) {
      if (interrupts.signal.aborted) throw interruption(error);
      throw error;
    } finally {
      interrupts.unwatch();
    }
  }
  if (found.kind === 'noun') {
    if (asksHelp(found.rest)) {
      const { summary = '' } = (await listNounsDeep()).find(({ name }) => name === found.noun) ?? {};
      return print(
        output,
        surroundings,
        await renderNounHelp(found.noun, summary, output.style, textWidth(output.columns)),
      );
    }
    const within = (await listNouns(found.noun)).map(({ name }) => name.split(' ').at(-1) ?? '');
    const verbs = [...listCommands(found.noun).map(({ path }) => path.at(-1) ?? ''), ...within];
    throw usageError(
      `'${found.noun}' has no verb '${found.rest[0]}'`,
      `${didYouMean(found.rest[0] ?? '', verbs) ?? ''}; see 'tearless ${found.noun} --help'`,
    );
  }
  if (asksHelp(found.rest))
    return print(output, surroundings, await renderMainHelp(output.style, textWidth(output.columns)));
  const known = [...(await listNouns()).map(({ name }) => name), ...listCommands().map(({ path }) => path[0] ?? '')];
  const near = didYouMean(found.rest[0] ?? '', known);
  throw usageError(
    `there is no command '${found.rest[0]}'`,
    near?.startsWith('did') === true ? `${near}; see 'tearless --help'` : `see 'tearless --help'`,
  );
};

/**
 * @param words the command line without the program's name
 * @returns the exit code; nothing is thrown
 */
export const runCli = async (words: readonly string[], surroundings: Surroundings): Promise<ExitCode> => {
  // Looked at before the command is known, so that errors of parsing come in the form that was asked for.
  const beforeDashes = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  const output = createOutput(surroundings, {
    json: beforeDashes.includes('--json'),
    color: beforeDashes.includes('--no-color') ? false : undefined,
    env: surroundings.env,
  });
  try {
    const globals = ['--json', '--no-color'];
    const start = words.findIndex((word) => !globals.includes(word));
    return await dispatch(start === -1 ? [] : words.slice(start).concat(words.slice(0, start)), surroundings, output);
  } catch (error) {
    if (output.json) surroundings.stdout.write(`${JSON.stringify(describeErrorAsJson(error))}\n`);
    else for (const line of renderError(error, output.errorStyle)) surroundings.stderr.write(`${line}\n`);
    return exitCodeOf(error);
  }
};
