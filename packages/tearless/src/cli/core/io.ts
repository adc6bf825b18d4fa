// Where the command line reads from and writes to, as a value: tests hand in buffers, main.ts the process's own.
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../base/clock.ts';

export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
}

export interface Surroundings extends Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly clock: Clock;
  readonly pid: number;
  readonly user: string;
  readonly machine: string;
  /** Calls back at each interrupt (Ctrl-C, SIGTERM); the returned function stops listening. */
  onInterrupt(callback: () => void): () => void;
  /** Asks, once nobody reads the output any more, whether the command comes to an end by itself; else it is ended. */
  onReaderGone(callback: () => boolean): () => void;
}
