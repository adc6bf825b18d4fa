// For tests: gdb on a running process, as operators look at one. It runs a row of commands and ends by itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Not those of the machine, and nothing fetched. */
const quiet = ['set pagination off', 'set confirm off', 'set debuginfod enabled off', 'set width 0'];

export class Gdb {
  readonly #child;
  readonly #lines: string[] = [];
  readonly #reader;
  readonly #closed: Promise<unknown>;

  /** @param commands the last lets the process go: `detach` */
  constructor(pid: number, commands: readonly string[]) {
    const all = [...quiet, ...commands].flatMap((one) => ['-ex', one]);
    this.#child = spawn('gdb', ['-nx', '-batch', '-p', `${pid}`, ...all], { stdio: ['ignore', 'pipe', 'pipe'] });
    // Rejects where there is no gdb.
    this.#closed = once(this.#child, 'close');
    this.#closed.catch(() => {}); // told by whoever waits
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#reader.on('line', (line) => this.#lines.push(line));
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#lines.push(line));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Until it says something. @throws Error when it ends without that */
  async said(what: RegExp): Promise<void> {
    const hasEnded = this.#closed.then(() => true);
    let isOver = false;
    while (!this.#lines.some((line) => what.test(line))) {
      if (isOver) throw new Error(`gdb never said ${what}:\n${this.#lines.join('\n')}`);
      isOver = await Promise.race([once(this.#reader, 'line').then(() => false), hasEnded]);
    }
  }

  /** All that it said, once it has ended. */
  async ended(): Promise<string> {
    await this.#closed;
    return this.#lines.join('\n');
  }

  /** Ends it; the process goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#closed;
  }
}

/** Names of the frames of a backtrace, the innermost first; `??` for one that has none. */
export const listFrames = (said: string): string[] =>
  said.split('\n').flatMap((line) => /^#\d+ +(?:0x[0-9a-f]+ in )?(\?\?|\w+) \(/.exec(line)?.[1] ?? []);
