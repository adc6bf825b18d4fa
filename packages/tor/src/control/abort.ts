// Giving up: one error for "the caller's signal fired" and for "it took too long".
import { TorError } from '../error.ts';

export interface WaitOptions {
  /** Gives up waiting. */
  signal?: AbortSignal | undefined;
  /** Gives up after so long; 0 or Infinity: never. */
  timeoutMs?: number | undefined;
}

/** @param what names what was waited for: `GETINFO version` */
export function timeoutError(what: string, timeoutMs?: number): TorError {
  return new TorError(`${what}: no answer${timeoutMs === undefined ? ' in time' : ` within ${timeoutMs} ms`}`, {
    kind: 'timeout',
    code: 'control-timeout',
    place: 'tor',
    hint: 'tor may be busy or stopped; allow more time or connect again',
  });
}

/** The error for a signal that has fired; AbortSignal.timeout gives `timeout`, everything else `interrupted`. */
export function abortError(what: string, signal: AbortSignal): TorError {
  const { reason } = signal;
  if (reason instanceof DOMException && reason.name === 'TimeoutError') return timeoutError(what);
  return new TorError(`${what}: given up`, {
    kind: 'interrupted',
    code: 'control-aborted',
    place: 'local',
    cause: reason,
  });
}

/**
 * Calls `onEnd` once when the signal fires or the time is over, whichever is first; at once if the signal has fired already.
 * @returns stops waiting; must be called when the wait has ended otherwise
 */
export function onGiveUp(what: string, options: WaitOptions, onEnd: (error: TorError) => void): () => void {
  const { signal, timeoutMs } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  const end = (error: TorError) => {
    stop();
    onEnd(error);
  };
  const onAbort = () => {
    if (signal !== undefined) end(abortError(what, signal));
  };
  if (signal?.aborted) {
    onAbort();
    return stop;
  }
  signal?.addEventListener('abort', onAbort);
  // Node takes a timeout beyond 2^31 ms for 1 ms; that long is never.
  if (timeoutMs !== undefined && timeoutMs > 0 && timeoutMs < 2 ** 31) {
    timer = setTimeout(() => end(timeoutError(what, timeoutMs)), timeoutMs);
  }
  return stop;
}
