// A shell on the machine that answers one request after the other: a call costs one round trip and what it does itself,
// no new session, login or sudo.
import { randomBytes } from 'node:crypto';
import { AnswerReader } from './answer-reader.ts';
import { exitCodeOf } from './exchange.ts';
import type { CallResult } from './host.ts';
import { HostError, lastLines } from './host-error.ts';
import type { RunningCommand, Transport } from './transport.ts';

/** More than this from one request is a fault there, not an answer. */
const maxOutputBytes = 256 * 1024 * 1024;

export interface Question {
  readonly what: string;
  /** The request that ends its answer with this nonce. */
  readonly encode: (nonce: string) => Uint8Array;
  readonly stop: AbortSignal;
  readonly heard: (stderr: () => string) => void;
  /** Whether the worker ends after an answer with that status. */
  readonly endsWith: (exitCode: number) => boolean;
  /** Called with the shell's process id when the question was given up after it had been taken up. */
  readonly givenUp: (pid: number) => void;
}

export class Worker {
  readonly #transport: Transport;
  readonly #running: RunningCommand;
  #usable = true;
  #answers = 0;

  /** @param program what it must be sent first, if anything */
  constructor(transport: Transport, running: RunningCommand, program: string) {
    this.#transport = transport;
    this.#running = running;
    if (program !== '') running.stdin.write(program);
    void running.ended.then(() => {
      this.#usable = false;
    });
    // What came between two answers belongs to none.
    running.stdout.resume();
    running.stderr.resume();
  }

  /** Whether another question may follow. */
  get usable(): boolean {
    return this.#usable;
  }

  /**
   * Asks and gives the answer. When the worker ends instead, its own exit status and words are the answer, as when sudo
   * refuses to start it. One question at a time.
   */
  async ask({ what, encode, stop, heard, endsWith, givenUp }: Question): Promise<CallResult> {
    const running = this.#running;
    const nonce = randomBytes(16).toString('hex');
    const stdout = new AnswerReader(nonce);
    const stderr = new AnswerReader(nonce);
    heard(() => stderr.partial().toString());
    const kill = (): void => this.kill();
    let onOut: ((chunk: Buffer) => void) | undefined;
    let onError: ((chunk: Buffer) => void) | undefined;
    running.keepAlive(true);
    stop.addEventListener('abort', kill, { once: true });
    try {
      const answered = new Promise<void>((resolve) => {
        const look = (): void => {
          if (stdout.answer !== undefined && stderr.answer !== undefined) resolve();
        };
        onOut = (chunk) => {
          stdout.push(chunk);
          if (stdout.bytes > maxOutputBytes) this.kill();
          look();
        };
        onError = (chunk) => {
          stderr.push(chunk);
          look();
        };
        running.stdout.on('data', onOut);
        running.stderr.on('data', onError);
      });
      stop.throwIfAborted();
      const request = encode(nonce);
      running.stdin.write(request);
      await Promise.race([answered, running.ended]);
      if (stop.aborted && stdout.pid !== undefined) givenUp(stdout.pid);
      stop.throwIfAborted();
      if (stdout.answer !== undefined && stderr.answer !== undefined) {
        const { exitCode, body } = stdout.answer;
        this.#answers += 1;
        if (endsWith(exitCode)) this.kill();
        return { exitCode, stdout: body, stderr: stderr.answer.body.toString() };
      }
      this.kill();
      if (stdout.bytes > maxOutputBytes)
        throw new HostError({
          kind: 'failed',
          code: 'host-output-too-large',
          message: `${this.#transport.name}: ${what} wrote more than ${maxOutputBytes} bytes`,
          subject: this.#transport.name,
        });
      const end = await running.ended;
      const said = stderr.partial().toString();
      const lost = await this.#transport.explain(end, said);
      if (lost !== undefined) throw lost;
      if (this.#answers > 0) throw this.#ended(what, said);
      return { exitCode: exitCodeOf(end), stdout: stdout.partial(), stderr: said };
    } finally {
      stop.removeEventListener('abort', kill);
      if (onOut !== undefined) running.stdout.off('data', onOut);
      if (onError !== undefined) running.stderr.off('data', onError);
      running.keepAlive(false);
    }
  }

  /** It answered before, so it was not refused: someone or something ended it. */
  #ended(what: string, said: string): HostError {
    const { name } = this.#transport;
    return new HostError({
      kind: 'unreachable',
      code: 'host-shell-lost',
      message: `${name}: ${what}: the shell there ended in the middle of it`,
      hint: 'what was asked may have been done or not: look, then try again',
      retryable: true,
      subject: name,
      lines: lastLines(said),
    });
  }

  kill(): void {
    this.#usable = false;
    this.#running.kill();
  }
}
