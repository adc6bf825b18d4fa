// One call of the command line, with the time it took and the most memory that its process held.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const launcher = join(import.meta.dirname, '../../tearless');
/** VmHWM only grows: the last look before the end is what counts, so looks need not be frequent. */
const lookEveryMs = 50;

export interface WatchedCall {
  readonly ms: number;
  readonly peakBytes: number;
}

export interface WatchedOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Exit codes that are no failure; default: 0. */
  readonly exitCodes?: readonly number[];
}

const peakOf = (pid: number | undefined): number => {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    // Gone meanwhile.
    return 0;
  }
};

/** The launcher replaces itself by the program, so the process that is watched is the one that works. */
export const callWatched = (
  words: readonly string[],
  { env, signal, exitCodes = [0] }: WatchedOptions,
): Promise<WatchedCall> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const startedMs = performance.now();
    const child = spawn(launcher, words, { env, signal, stdio: ['ignore', 'ignore', 'pipe'] });
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    let peakBytes = 0;
    const looks = setInterval(() => {
      peakBytes = Math.max(peakBytes, peakOf(child.pid));
    }, lookEveryMs);
    child.on('error', (error) => {
      clearInterval(looks);
      reject(error);
    });
    child.on('close', (code) => {
      clearInterval(looks);
      const ms = performance.now() - startedMs;
      if (code !== null && exitCodes.includes(code)) resolve({ ms, peakBytes });
      else reject(new Error(`tearless ${words.join(' ')} ended with ${code}: ${Buffer.concat(said).toString('utf8')}`));
    });
  });
