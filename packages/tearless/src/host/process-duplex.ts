// A running command's standard input and output as one byte stream. Its failure is the stream's error.
import { Duplex } from 'node:stream';
import type { RunningCommand } from './transport.ts';

export interface ProcessDuplexOptions {
  /** The error for how it ended; undefined when it ended well. */
  readonly failure: (exitCode: number | null, stderr: string) => Promise<Error | undefined>;
}

const keptStderrBytes = 64 * 1024;

/** Ends the command when destroyed; half-closes it when ended. */
export class ProcessDuplex extends Duplex {
  readonly #command: RunningCommand;

  constructor(command: RunningCommand, { failure }: ProcessDuplexOptions) {
    super({ allowHalfOpen: true });
    this.#command = command;
    let stderr = '';
    command.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-keptStderrBytes);
    });
    command.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) command.stdout.pause();
    });
    void command.ended.then(async ({ exitCode }) => {
      if (this.destroyed) return;
      const error = await failure(exitCode, stderr);
      if (error !== undefined) this.destroy(error);
      else this.push(null);
    });
  }

  override _read(): void {
    this.#command.stdout.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // An error here means that the command ended: how it ended tells more, and comes by `ended`.
    if (this.#command.stdin.write(chunk, encoding)) done();
    else if (this.#command.stdin.destroyed) done();
    else {
      const settle = (): void => {
        this.#command.stdin.off('drain', settle);
        this.#command.stdin.off('close', settle);
        done();
      };
      this.#command.stdin.once('drain', settle);
      this.#command.stdin.once('close', settle);
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#command.stdin.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#command.kill();
    done(error);
  }
}
