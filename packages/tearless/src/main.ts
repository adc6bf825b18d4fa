// The program's entry: the process's own streams and signals, handed to the command line.
import { hostname, userInfo } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { systemClock } from './base/clock.ts';
import { runCli } from './cli/core/run-cli.ts';

// Node 24.21 gives wrong figures now and then with this compiler on a busy machine: in one process of two hundred, an object
// with two figures came out with those of a later one. Without it, none in thousands, and no slower.
setFlagsFromString('--no-maglev');

const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '?'); // no entry in the user database
  }
};

const askedWhenGone = new Set<() => boolean>();
let isReaderGone = false;
// A reader that went away (`| head`) ends us quietly, but not in the middle of a change.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (isReaderGone) return;
    isReaderGone = true;
    if (![...askedWhenGone].some((ask) => ask())) process.exit(0);
  });

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  home: process.env.HOME ?? '/',
  clock: systemClock,
  pid: process.pid,
  user: userName(),
  machine: hostname(),
  onReaderGone(callback) {
    askedWhenGone.add(callback);
    return () => askedWhenGone.delete(callback);
  },
  onInterrupt(callback) {
    process.on('SIGINT', callback);
    process.on('SIGTERM', callback);
    return () => {
      process.off('SIGINT', callback);
      process.off('SIGTERM', callback);
    };
  },
});
