// `tearless balance` as a process of its own, watched by its events.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { BalanceEvent } from '../../../packages/tearless/src/balance/run/event.ts';
import { EventWatch } from './event-watch.ts';

const launcher = new URL('../../../tearless', import.meta.url).pathname;
type FieldOf<E> = E extends unknown ? keyof E : never;

/** An event as it stands on a line, with the fields of every kind of event: undefined where its kind has no such field. */
export type BalanceLine = {
  readonly [F in FieldOf<BalanceEvent>]: F extends keyof BalanceEvent
    ? BalanceEvent[F]
    : Extract<BalanceEvent, Readonly<Record<F, unknown>>>[F] | undefined;
};

export interface RunningBalancer {
  readonly events: readonly BalanceLine[];
  /** The first event that fits, also one that came already. Rejects when the process ends or five minutes have passed. */
  until(fits: (event: BalanceLine) => boolean): Promise<BalanceLine>;
  /** The first event that fits and comes after this call. */
  next(fits: (event: BalanceLine) => boolean): Promise<BalanceLine>;
  /** Ends it, and waits until it is gone. @returns its exit code */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Place {
  /** Where the balancer keeps its state. */
  readonly state: string;
  readonly controlSocket: string;
}

/** @param more further words of its command line */
export const startBalancer = (
  { state, controlSocket }: Place,
  config: string,
  more: readonly string[] = [],
): RunningBalancer => {
  const args = ['balance', 'run', '--config', config, '--control', controlSocket, '--json', ...more];
  const env = { ...process.env, XDG_STATE_HOME: state };
  const child: ChildProcess = spawn(launcher, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let isOver = false;
  const watch = new EventWatch<BalanceLine>(() => said);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').then(() => {
    isOver = true;
    watch.end();
  });
  assert.ok(child.stdout !== null);
  createInterface({ input: child.stdout }).on('line', (line) => watch.tell(JSON.parse(line)));
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (!isOver) child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    events: watch.events,
    until: (fits) => watch.until(fits),
    next: (fits) => watch.next(fits),
    stop,
  };
};

/** The result of another command on the same state. */
export const askBalancer = ({ state }: Place, ...words: string[]) => {
  const env = { ...process.env, XDG_STATE_HOME: state };
  const { stdout, stderr, status } = spawnSync(launcher, ['balance', ...words, '--json'], { env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
};
