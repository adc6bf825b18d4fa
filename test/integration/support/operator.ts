// Somebody who operates a fleet: a configuration, a state directory, and tearless as a process of its own, which a test
// watches by its events and stops, goes on with or kills at one of them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex, Readable } from 'node:stream';
import type { Told } from './in-step.ts';
import type { Result } from './result.ts';

const launcher = new URL('../../../tearless', import.meta.url).pathname;
const inStep = new URL('in-step.ts', import.meta.url).pathname;

/** A command that takes longer hangs: that is a failure, not a reason to wait on. */
const commandLimitMs = 10 * 60_000;

/** An event of a run as it stands on a line of JSON. */
export type RunLine = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** Fields that an event must have, such as `{ kind: 'step.started', step: 'restart' }`. */
export type Pattern = { readonly kind: string } & Readonly<Record<string, unknown>>;

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Of a run, in order. */
  readonly events: readonly RunLine[];
  /** The last object: a command's result or its error. */
  readonly result: Result;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningTearless {
  /**
   * Resolves with the first event that fits, also one that came already; `signal` is sent at that very event.
   * Rejects when the command ends without one.
   */
  at(pattern: Pattern, signal?: NodeJS.Signals): Promise<RunLine>;
  /** Resolves when standard error has said it; `signal` is sent then. */
  said(words: RegExp, signal?: NodeJS.Signals): Promise<void>;
  /** Holds it still at an event while something happens to the world, then lets it go on. */
  holdAt(pattern: Pattern, act: (event: RunLine) => Promise<unknown>): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Reads no more of what it says on standard output. */
  closeOutput(): void;
  readonly ended: Promise<Ended>;
}

const fits = (event: RunLine, pattern: Pattern): boolean =>
  Object.entries(pattern).every(([key, value]) => event[key] === value);

interface Waiter {
  readonly isMet: () => RunLine | true | undefined;
  readonly meet: (met: RunLine | true) => void;
  readonly fail: (error: Error) => void;
}

const watch = (argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): RunningTearless => {
  const [file = '', ...args] = argv;
  // The fourth is the channel of in-step.ts.
  const child = spawn(file, args, {
    env: { ...env, NODE_OPTIONS: `--import=${inStep}` },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const { 1: output, 2: errors, 3: channel } = child.stdio;
  assert.ok(output instanceof Readable && errors instanceof Readable && channel instanceof Duplex);
  const events: RunLine[] = [];
  const waiters = new Set<Waiter>();
  let [stdout, stderr, saidSoFar, isLate] = ['', '', '', false];
  let result = {} as Result;
  const look = (): void => {
    for (const waiter of waiters) {
      const met = waiter.isMet();
      if (met === undefined) continue;
      waiters.delete(waiter);
      waiter.meet(met);
    }
  };
  const hear = (line: string): void => {
    if (!line.startsWith('{')) return;
    const value = JSON.parse(line) as Record<string, unknown>;
    if (typeof value.kind === 'string') events.push(value as RunLine);
    else result = value as unknown as Result;
  };
  const heed = (line: string): void => {
    const { stream, text } = JSON.parse(line) as Told;
    // What it writes at once are whole lines.
    if (stream === 'stdout') for (const one of text.split('\n')) hear(one);
    else saidSoFar += text;
    look();
    // When those who waited for it have done what they want to do at once.
    setImmediate(() => channel.write('\n'));
  };
  let begun = '';
  channel.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = `${begun}${chunk}`.split('\n');
    begun = lines.pop() ?? '';
    lines.forEach(heed);
  });
  // It ended, or was killed, before it was let go on.
  channel.on('error', () => {});
  output.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  errors.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, commandLimitMs);
  const everything = (): string => `${argv.join(' ')}\n${stdout.slice(-4000)}${stderr.slice(-4000)}`;
  const ended = once(child, 'close').then(([exitCode, signal]): Ended => {
    clearTimeout(timer);
    for (const { fail } of waiters) fail(new Error(`it ended before that: ${everything()}`));
    if (isLate) throw new Error(`it did not end within ${commandLimitMs / 1000} s: ${everything()}`);
    return { exitCode, signal, events, result, stdout, stderr };
  });
  // Whoever waits for an event may not wait for the end.
  ended.catch(() => {});
  const wait = <T extends RunLine | true>(isMet: () => T | undefined, act: () => void): Promise<T> =>
    new Promise((resolve, reject) => {
      waiters.add({
        isMet,
        meet: (met) => {
          act();
          resolve(met as T);
        },
        fail: reject,
      });
      look();
    });
  const send = (signal: NodeJS.Signals | undefined): void => {
    if (signal !== undefined) child.kill(signal);
  };
  const at: RunningTearless['at'] = (pattern, signal) =>
    wait(
      () => events.find((event) => fits(event, pattern)),
      () => send(signal),
    );
  return {
    ended,
    at,
    kill: send,
    closeOutput: () => void output.destroy(),
    said: async (words, signal) => {
      await wait(
        () => words.test(saidSoFar) || undefined,
        () => send(signal),
      );
    },
    holdAt: async (pattern, act) => {
      await act(await at(pattern, 'SIGSTOP'));
      send('SIGCONT');
    },
  };
};

export class Operator implements AsyncDisposable {
  readonly folder: string;
  readonly configPath: string;
  readonly #isElsewhere: boolean;
  readonly #running = new Set<RunningTearless>();

  /**
   * @param isElsewhere at another machine, as far as locks can tell: its processes are not seen from here, nor ours from
   * there
   */
  constructor(folder: string, isElsewhere = false) {
    this.folder = folder;
    this.configPath = join(folder, 'tearless.yaml');
    this.#isElsewhere = isElsewhere;
    mkdirSync(folder, { recursive: true });
  }

  declare(configuration: unknown): void {
    // JSON is YAML.
    writeFileSync(this.configPath, `${JSON.stringify(configuration, undefined, 2)}\n`);
  }

  /** Starts tearless with these words and nothing else. */
  startPlain(...words: readonly string[]): RunningTearless {
    const there = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--uts', 'sh', '-c'];
    const machine = this.#isElsewhere ? [...there, 'hostname elsewhere && exec "$@"', 'sh'] : [];
    const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
    const cache = NODE_COMPILE_CACHE ?? join(HOME ?? '/tmp', '.cache/tearless/compiled');
    const running = watch(
      [...machine, launcher, ...words],
      { PATH, HOME: this.folder, XDG_STATE_HOME: join(this.folder, 'state'), NODE_COMPILE_CACHE: cache },
      this.folder,
    );
    this.#running.add(running);
    const forget = () => this.#running.delete(running);
    running.ended.then(forget, forget);
    return running;
  }

  /** Kills what a test that failed left running. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) running.kill('SIGKILL');
    await Promise.allSettled([...this.#running].map(({ ended }) => ended));
  }

  start(...words: readonly string[]): RunningTearless {
    return this.startPlain(...words, '--json');
  }

  /** Runs a command to its end, which must have this exit code. */
  async run(exitCode: number, ...words: readonly string[]): Promise<Ended> {
    const ended = await this.start(...words).ended;
    assert.equal(ended.exitCode, exitCode, `tearless ${words.join(' ')}: ${ended.stdout.slice(-4000)}${ended.stderr}`);
    return ended;
  }
}
