// Runs a command to its end. No shell: arguments are passed as they are.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LabError } from './lab-error.ts';

export type RunOptions = {
  /** Written to its standard input, which is closed after it; without it standard input is /dev/null. */
  input?: string | Uint8Array;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** The command gets SIGKILL after this time. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
  /** Told each line of its standard output as it comes. */
  onLine?: (line: string) => void;
};

export type RunResult = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };

/** The last lines of what a command said, for an error's message. */
export const lastLines = (text: string, count = 20): string => text.trimEnd().split('\n').slice(-count).join('\n');

/**
 * Runs a command and gives how it ended, whatever that is.
 * @throws LabError `lab-command-missing`, `lab-command-timeout`; the signal's reason when aborted
 */
export const tryRun = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  new Promise((resolve, reject) => {
    const [file, ...args] = argv;
    if (file === undefined) throw new TypeError('a command needs a name');
    options.signal?.throwIfAborted();
    const child = spawn(file, args, {
      env: options.env ?? process.env,
      cwd: options.cwd,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    const { onLine } = options;
    if (onLine !== undefined && child.stdout !== null) createInterface(child.stdout).on('line', onLine);
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A command may end without reading its input: the exit code tells, not EPIPE.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
    let timedOut = false;
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGKILL');
          }, options.timeoutMs);
    const abort = () => child.kill('SIGKILL');
    options.signal?.addEventListener('abort', abort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    };
    child.on('error', (cause) => {
      settle();
      const hint = 'run scripts/setup.sh lab, which installs what the lab needs';
      reject(new LabError('lab-command-missing', `cannot run ${file}`, { kind: 'unavailable', hint, cause }));
    });
    child.on('close', (code, signal) => {
      settle();
      const errors = Buffer.concat(stderr).toString();
      if (options.signal?.aborted) reject(options.signal.reason);
      else if (timedOut) {
        const message = `${file} was still running after ${(options.timeoutMs ?? 0) / 1000} s\n${lastLines(errors)}`;
        reject(new LabError('lab-command-timeout', message.trimEnd(), { kind: 'timeout' }));
      } else resolve({ code, signal, stdout: Buffer.concat(stdout).toString(), stderr: errors });
    });
  });

/**
 * Runs a command that must succeed, and gives its standard output.
 * @throws LabError `lab-command-failed` with the command and the last lines of its standard error, and as `tryRun`
 */
export const run = async (argv: readonly string[], options: RunOptions = {}): Promise<string> => {
  const result = await tryRun(argv, options);
  if (result.code === 0) return result.stdout;
  const ended = result.signal === null ? `exit code ${result.code}` : `signal ${result.signal}`;
  const said = lastLines(result.stderr === '' ? result.stdout : result.stderr);
  throw new LabError('lab-command-failed', `${argv.join(' ')}: ${ended}${said === '' ? '' : `\n${said}`}`, {
    kind: 'failed',
  });
};
