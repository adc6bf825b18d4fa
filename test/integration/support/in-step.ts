// Loaded into a tearless that a test runs, before all else: whatever it writes it tells the test as well, by its fourth
// descriptor, and goes on when the test has heard it. So a test that stops or kills it at an event does so at that very event,
// however slow either of them is.
import { readSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const channel = 3;

/** One line on the channel: what was written where. */
export interface Told {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

const tell = (told: Told): void => {
  writeSync(channel, `${JSON.stringify(told)}\n`);
  readSync(channel, Buffer.alloc(1));
};

const watch = (stream: Told['stream']): void => {
  const output = process[stream];
  const write = output.write.bind(output);
  // Both forms of it, as they come.
  output.write = ((...args: Parameters<typeof write>) => {
    const taken = write(...args);
    tell({ stream, text: String(args[0]) });
    return taken;
  }) as typeof output.write;
};

// What it starts itself has no such channel; nor have its threads a standard output of their own.
if (isMainThread && process.env.NODE_OPTIONS !== undefined) {
  delete process.env.NODE_OPTIONS;
  watch('stdout');
  watch('stderr');
}
