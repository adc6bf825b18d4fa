// What Tearless can do to a machine. The only door to machines: local and ssh implement it, everything above uses it.
import type { Duplex } from 'node:stream';

/** Longest a call may take unless it says otherwise. */
export const defaultTimeoutMs = 60_000;

export interface CallOptions {
  /** Positional values. They travel on standard input, never on a command line; no NUL or newline. */
  readonly args?: readonly string[];
  /** What the script or verb reads after its arguments. */
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface CallResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** A file's place among others: what a write must leave, and what an undo must restore. */
export interface FileAttributes {
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

export type FileEntry =
  | ({
      readonly path: string;
      readonly type: 'file';
      readonly sizeBytes: number;
      readonly sha256: string;
    } & FileAttributes)
  | ({ readonly path: string; readonly type: 'directory' } & FileAttributes)
  | ({ readonly path: string; readonly type: 'link'; readonly target: string } & FileAttributes)
  | ({ readonly path: string; readonly type: 'other' } & FileAttributes);

export interface UnitState {
  readonly unit: string;
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  /** `enabled`, `disabled`, `static`, `masked`, `` when the unit file is missing. */
  readonly unitFileState: string;
  /** 0 when no main process runs. */
  readonly mainPid: number;
  /** How often systemd itself has restarted the unit. */
  readonly restarts: number;
  /** Microseconds of the host's monotonic clock when it last became active, 0 if never. */
  readonly activeEnterMonotonicUs: number;
  /** Milliseconds since 1970-01-01 UTC when it last became active, by the host's clock, 0 if never. */
  readonly activeEnterMs: number;
  readonly result: string;
  /** The unit must be reloaded from disk before it is started again. */
  readonly needDaemonReload: boolean;
}

/** One onion service of one tor instance, for who follows its descriptor. */
export interface OnionTarget {
  readonly kind: 'onion';
  readonly instance: string;
  /** With or without `.onion`. */
  readonly onionAddress: string;
  /** The port that it is visited on: whether what lies behind accepts connections is told too. */
  readonly port?: number;
}

export type StreamTarget =
  | OnionTarget
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/**
 * One machine. Every method throws `HostError` (kind `unreachable`, `denied`, `failed`, `timeout`, `interrupted`).
 * What needs root goes through the root-owned helper and its fixed verbs; see docs/adr.
 */
export interface Host {
  readonly name: string;
  /**
   * Runs a fixed POSIX sh script as the login user, in a shell of its own; a non-zero exit is returned, not thrown. It
   * must leave nothing running that still writes. Aborted, it is ended there too.
   */
  run(script: string, options?: CallOptions): Promise<CallResult>;
  /**
   * Asks the helper for one of its fixed verbs (helper/render-helper.ts); a non-zero exit throws with the last lines it
   * said. Aborted, it may go on there: look before asking again.
   */
  call(verb: string, options?: CallOptions): Promise<CallResult>;
  /**
   * A byte stream to a port or a unix socket of that machine. The control socket of a tor instance comes authenticated:
   * its cookie stays there, only commands that look pass, and `PROTOCOLINFO` says `NULL`; of an onion service even less passes
   * (helper part 65-onion): its own descriptor, and events that say when to look at it again. Over ssh no other unix socket
   * can be opened, and a port that nobody listens on shows as the stream's error. Few streams at once: close them.
   */
  open(target: StreamTarget, options?: { readonly signal?: AbortSignal }): Promise<Duplex>;
  /** The entry at the path itself (links are not followed), or undefined where nothing is. */
  stat(path: string): Promise<FileEntry | undefined>;
  read(path: string): Promise<Uint8Array>;
  /** Writes beside, syncs, renames: a reader sees the old content or the new. Makes missing parents (0755, root). */
  write(path: string, content: string | Uint8Array, attributes: FileAttributes): Promise<void>;
  /** Removes one plain file; nothing there is fine. Links and what could not be written back are refused. */
  remove(path: string): Promise<void>;
  /** Nothing there is fine; `host-state-changed` when it is not empty. */
  removeEmptyDirectory(path: string): Promise<void>;
  /** Everything in it but, in systemd's own directory, what is none of our business; that is `other` elsewhere. */
  list(directory: string): Promise<FileEntry[]>;
  units(names: readonly string[]): Promise<UnitState[]>;
  reloadSystemd(): Promise<void>;
  unit(
    verb: 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable',
    name: string,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Ends the connection; the host can still be used, at the price of a new one. */
  close(): Promise<void>;
}
