// One limit for a whole call, and everything that may end it early: the caller's signal, its time, the host's closing.
import { defaultTimeoutMs } from './host.ts';
import { interruptedError, timeoutError } from './host-error.ts';
import type { Transport } from './transport.ts';

export interface DeadlineOptions {
  /** For messages: `write /etc/tor/torrc`. */
  readonly what: string;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Deadline {
  /** Aborted when the work must end. */
  readonly stop: AbortSignal;
  /** Call it with what the command says on standard error, so that a timeout can tell. */
  heard(stderr: () => string): void;
}

/**
 * Does the work, which must end soon after `stop` is aborted; then what it throws gives way to the reason.
 * @throws HostError `host-interrupted`, `host-timeout`, `host-closed`, and what the work throws
 */
export const withDeadline = async <T>(
  { name, closing }: Pick<Transport, 'name' | 'closing'>,
  { what, timeoutMs = defaultTimeoutMs, signal }: DeadlineOptions,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> => {
  if (signal?.aborted) throw interruptedError(name, what, signal.reason);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const stop = AbortSignal.any([late.signal, closing, ...(signal === undefined ? [] : [signal])]);
  let stderr = (): string => '';
  try {
    const result = await work({
      stop,
      heard: (text) => {
        stderr = text;
      },
    });
    return result;
  } catch (error) {
    if (signal?.aborted) throw interruptedError(name, what, signal.reason);
    if (closing.aborted) throw closing.reason;
    throw late.signal.aborted ? timeoutError(name, what, timeoutMs, stderr()) : error;
  } finally {
    clearTimeout(timer);
  }
};
