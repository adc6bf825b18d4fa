// `live watch` as somebody has it who interrupts it in the end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { systemClock } from 'tearless/base/clock.ts';
import { runCli } from 'tearless/cli/core/run-cli.ts';

/**
 * @param cwd which is the home too
 * @param onLine called with the number of lines that were said so far; says whether that is enough
 * @returns what was said
 */
export const watchLines = async (
  cwd: string,
  words: readonly string[],
  onLine: (count: number) => boolean,
): Promise<string[]> => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let interrupt = (): void => {};
  const exited = runCli(['live', 'watch', ...words], {
    stdin: new PassThrough(),
    stdout,
    stderr: stderr.resume(),
    env: {},
    cwd,
    home: cwd,
    clock: systemClock,
    pid: 4242,
    user: 'tester',
    machine: 'testing',
    onReaderGone: () => () => {},
    onInterrupt: (callback) => {
      interrupt = callback;
      return () => {};
    },
  });
  const lines: string[] = [];
  const reader = createInterface(stdout);
  reader.on('line', (line) => {
    lines.push(line);
    if (onLine(lines.length)) interrupt();
  });
  assert.equal(await exited, 0);
  stdout.end();
  await once(reader, 'close');
  return lines;
};
