// Runs one command to its end: gives it its input, collects what it says, and ends it on abort or timeout.
import { constants } from 'node:os';
import { type CallResult, defaultTimeoutMs } from './host.ts';
import { HostError, interruptedError, timeoutError } from './host-error.ts';
import type { RunningCommand, Transport } from './transport.ts';

export interface ExchangeOptions {
  /** For messages: `write /etc/tor/torrc`. */
  readonly what: string;
  readonly input: Uint8Array;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** More than this from one command is a fault there, not an answer. */
const maxOutputBytes = 256 * 1024 * 1024;

/** Resolves with the command's end, also a failing one; rejects when it could not be reached, was aborted or too slow. */
export const exchange = async (
  transport: Transport,
  command: string,
  options: ExchangeOptions,
): Promise<CallResult> => {
  const { what, input, signal, timeoutMs = defaultTimeoutMs } = options;
  const { name, closing } = transport;
  if (signal?.aborted) throw interruptedError(name, what, signal.reason);
  // One limit for the whole call: waiting for a place, connecting and running.
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  const stop =
    signal === undefined
      ? AbortSignal.any([deadline.signal, closing])
      : AbortSignal.any([signal, deadline.signal, closing]);
  const stderr: Buffer[] = [];
  const said = (): string => Buffer.concat(stderr).toString();
  const stopped = (): unknown => {
    if (signal?.aborted) return interruptedError(name, what, signal.reason);
    return closing.aborted ? closing.reason : timeoutError(name, what, timeoutMs, said());
  };
  try {
    let running: RunningCommand;
    try {
      running = await transport.start(command, 'call', stop);
    } catch (error) {
      throw stop.aborted ? stopped() : error;
    }
    const kill = (): void => running.kill();
    stop.addEventListener('abort', kill, { once: true });
    if (stop.aborted) kill();
    try {
      const stdout: Buffer[] = [];
      let outputBytes = 0;
      running.stdout.on('data', (chunk: Buffer) => {
        outputBytes += chunk.length;
        if (outputBytes > maxOutputBytes) kill();
        else stdout.push(chunk);
      });
      running.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      running.stdin.end(input);
      const end = await running.ended;
      if (stop.aborted) throw stopped();
      if (outputBytes > maxOutputBytes)
        throw new HostError({
          kind: 'failed',
          code: 'host-output-too-large',
          message: `${name}: ${what} wrote more than ${maxOutputBytes} bytes`,
          subject: name,
        });
      const lost = await transport.explain(end, said());
      if (lost !== undefined) throw lost;
      return {
        exitCode: end.exitCode ?? 128 + (constants.signals[end.signal ?? 'SIGKILL'] ?? 0),
        stdout: Buffer.concat(stdout),
        stderr: said(),
      };
    } finally {
      stop.removeEventListener('abort', kill);
    }
  } finally {
    clearTimeout(timer);
  }
};
