// `tearless balance` as a process of its own, watched by its events.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const launcher = new URL('../../../tearless', import.meta.url).pathname;
const waitMs = 60_000;

export interface BalanceLine {
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test checks the fields that it is about.
  readonly [field: string]: any;
}

export interface RunningBalancer {
  readonly events: readonly BalanceLine[];
  /** The first event that fits, also one that came already. Rejects when the process ends or a minute has passed. */
  until(fits: (event: BalanceLine) => boolean): Promise<BalanceLine>;
  /** Ends it, and waits until it is gone. @returns its exit code */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Place {
  /** Where the balancer keeps its state. */
  readonly state: string;
  readonly controlSocket: string;
}

export const startBalancer = ({ state, controlSocket }: Place, config: string): RunningBalancer => {
  const args = ['balance', 'run', '--config', config, '--control', controlSocket, '--json'];
  const env = { ...process.env, XDG_STATE_HOME: state };
  const child: ChildProcess = spawn(launcher, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const events: BalanceLine[] = [];
  const waiting = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of [...waiting]) wake();
  };
  let said = '';
  let isOver = false;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').then(() => {
    isOver = true;
    wakeAll();
  });
  assert.ok(child.stdout !== null);
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(JSON.parse(line));
    wakeAll();
  });
  const until = async (fits: (event: BalanceLine) => boolean): Promise<BalanceLine> => {
    const deadlineMs = Date.now() + waitMs;
    const told = () => `${said}\n${events.map((event) => JSON.stringify(event)).join('\n')}`;
    for (;;) {
      const found = events.find(fits);
      if (found !== undefined) return found;
      if (isOver) throw new Error(`the balancer ended without it\n${told()}`);
      const restMs = deadlineMs - Date.now();
      if (restMs <= 0) throw new Error(`the balancer did not tell it within ${waitMs / 1000} s\n${told()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
      });
    }
  };
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (!isOver) child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return { events, until, stop };
};

/** The result of another command on the same state. */
export const askBalancer = ({ state }: Place, ...words: string[]) => {
  const env = { ...process.env, XDG_STATE_HOME: state };
  const { stdout, stderr, status } = spawnSync(launcher, ['balance', ...words, '--json'], { env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
};
