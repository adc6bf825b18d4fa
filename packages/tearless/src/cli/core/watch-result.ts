// Repeats a look until the first interrupt: redrawn where the terminal can, one after the other in a pipe.
import { createLogUpdate } from 'log-update';
import type { CommandContext } from './context.ts';

const everyMs = 5_000;

export interface Picture<T> {
  readonly value: T;
  /** Lines for people; not asked for with --json. */
  readonly lines: () => readonly string[];
  /** Prints the value as the command's result: for pipes and --json. */
  readonly print: () => void;
}

/** @returns the last value */
export const watchResult = async <T>(context: CommandContext, take: () => Promise<Picture<T>>): Promise<T> => {
  const { output, surroundings, signal } = context;
  const stop = new AbortController();
  const forget = context.onStopRequested(() => stop.abort());
  const screen =
    output.live && surroundings.stdout.isTTY === true
      ? createLogUpdate(surroundings.stdout as NodeJS.WriteStream)
      : undefined;
  try {
    for (;;) {
      const picture = await take();
      if (screen === undefined) picture.print();
      else screen(picture.lines().join('\n'));
      if (!stop.signal.aborted)
        await surroundings.clock.sleep(everyMs, AbortSignal.any([signal, stop.signal])).catch((error: unknown) => {
          if (!stop.signal.aborted) throw error;
        });
      if (stop.signal.aborted) return picture.value;
    }
  } finally {
    screen?.done();
    forget();
  }
};
