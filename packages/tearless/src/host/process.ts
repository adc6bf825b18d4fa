// A process of this machine as a running command. The only place of the product that starts one.
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { CommandEnd, RunningCommand } from './transport.ts';

export interface LocalProcess extends RunningCommand {
  /** Why it could not be started, known when `ended` has resolved. */
  readonly failure: () => Error | undefined;
  /** Resolves as soon as the process is gone, even where another holds its streams open. */
  readonly exited: Promise<void>;
}

export interface ProcessOptions {
  /** `kill` ends what it started too. */
  readonly group?: boolean;
}

type Signal = 'TERM' | 'KILL';

/** What is asked to end gets so long before it is killed. */
const killAfterMs = 2000;

/** Signals a process group. Node itself can only from the global `process`, which belongs to the entry points. */
const signalGroup = (pid: number, signal: Signal): void => {
  spawn('sh', ['-c', 'kill -s "$1" -- "-$2" 2>/dev/null', 'sh', signal, String(pid)], { stdio: 'ignore' }).once(
    'error',
    () => {},
  );
};

/**
 * Starts a program with exactly these arguments; no shell stands between. It leads a process group of its own: a Ctrl-C
 * at the terminal reaches us alone, and what it cuts off is ours to decide.
 */
export const startProcess = (program: string, args: readonly string[], options: ProcessOptions = {}): LocalProcess => {
  const group = options.group === true;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  // A command that ends before it has read its input is no fault of ours; its exit status tells.
  child.stdin.on('error', () => {});
  let failure: Error | undefined;
  let over = false;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      failure = error;
      resolve();
    });
  });
  const ended = new Promise<CommandEnd>((resolve) => {
    child.once('close', (exitCode, signal) => {
      over = true;
      resolve({ exitCode: failure === undefined ? exitCode : 127, signal });
    });
  });
  const signal = (name: Signal): void => {
    if (over || child.pid === undefined) return;
    if (group) signalGroup(child.pid, name);
    else child.kill(`SIG${name}`);
  };
  let killed = false;
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    ended,
    failure: () => failure,
    keepAlive: (keep) => {
      const handles = [child.stdin, child.stdout, child.stderr].filter((stream) => stream instanceof Socket);
      for (const handle of [child, ...handles]) {
        if (keep) handle.ref();
        else handle.unref();
      }
    },
    kill: () => {
      if (killed || over) return;
      killed = true;
      // Whoever kills it waits for its end, and nothing else may keep us alive until then.
      child.ref();
      signal('TERM');
      const timer = setTimeout(() => signal('KILL'), killAfterMs);
      void exited.then(() => {
        clearTimeout(timer);
        // Whoever inherited the pipes must not keep us waiting.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      });
    },
  };
};
