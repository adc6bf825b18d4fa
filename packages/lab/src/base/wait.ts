// Waiting for a state of the machine that nothing announces. Where an event can be awaited, await that instead.
import { setTimeout as delay } from 'node:timers/promises';
import { LabError } from './lab-error.ts';

export type WaitOptions = {
  /** What is waited for, as it reads in "waited 5 s for WHAT". */
  what: string;
  timeoutMs: number;
  intervalMs?: number;
  signal?: AbortSignal | undefined;
  /** Asked after the time has passed, for the message: what the state was instead. */
  explain?: () => string | Promise<string>;
};

/**
 * Asks `probe` until it gives something other than undefined, null or false, and returns that.
 * @throws LabError `lab-timeout`; the signal's reason when aborted; whatever `probe` throws
 */
export const waitFor = async <T>(
  probe: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  options: WaitOptions,
): Promise<T> => {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() >= deadline) break;
    await delay(options.intervalMs ?? 20, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
  const instead = options.explain === undefined ? '' : `: ${await options.explain()}`;
  throw new LabError('lab-timeout', `waited ${options.timeoutMs / 1000} s for ${options.what}${instead}`, {
    kind: 'timeout',
  });
};
