// Runs one command to its end: gives it its input and collects what it says.
import { constants } from 'node:os';
import { type DeadlineOptions, withDeadline } from './deadline.ts';
import type { CallResult } from './host.ts';
import type { CommandEnd, Transport } from './transport.ts';

export interface ExchangeOptions extends DeadlineOptions {
  readonly input: Uint8Array;
}

/** As the shell counts it: 128 and the signal's number for a command that a signal ended. */
export const exitCodeOf = ({ exitCode, signal }: CommandEnd): number =>
  exitCode ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0);

/** Resolves with the command's end, also a failing one; rejects when it could not be reached, was aborted or too slow. */
export const exchange = (transport: Transport, command: string, options: ExchangeOptions): Promise<CallResult> =>
  withDeadline(transport, options, async ({ stop, heard }) => {
    const running = await transport.start(command, stop);
    const kill = (): void => running.kill();
    stop.addEventListener('abort', kill, { once: true });
    try {
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      const said = (): string => Buffer.concat(stderr).toString();
      heard(said);
      running.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
      running.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      running.stdin.end(options.input);
      const end = await running.ended;
      stop.throwIfAborted();
      const lost = await transport.explain(end, said());
      if (lost !== undefined) throw lost;
      return { exitCode: exitCodeOf(end), stdout: Buffer.concat(stdout), stderr: said() };
    } finally {
      stop.removeEventListener('abort', kill);
    }
  });
