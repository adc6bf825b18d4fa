// How commands get to a machine: a process here (local) or at the other end of an ssh connection. RemoteHost stands on it.
import type { Duplex, Readable, Writable } from 'node:stream';
import type { HostError } from './host-error.ts';

/** How a command ended: its exit status, or null where a signal ended it. */
export interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A command that runs on the machine, with its streams. */
export interface RunningCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when it has ended and its streams are closed; never rejects. */
  readonly ended: Promise<CommandEnd>;
  /** Ends it, or at least our end of it. Fine to call again or after its end. */
  kill(): void;
  /** Whether it keeps us alive. It sees the end of its input when we are gone. */
  keepAlive(keep: boolean): void;
}

/** Who we are on the machine. */
export interface Login {
  readonly user: string;
  readonly uid: number;
}

export interface Transport {
  /** The host's name, for messages. */
  readonly name: string;
  /** Aborted by `close`, with the error for whatever runs then; another one after it. */
  readonly closing: AbortSignal;
  /** A command that is killed may go on at the other end. */
  readonly leavesBehind: boolean;
  /** Connects where that is needed and says who we are there. Cheap when already connected. */
  login(signal?: AbortSignal): Promise<Login>;
  /** Starts a constant command line; values go to its standard input. The caller keeps count of these. */
  start(command: string, signal?: AbortSignal): Promise<RunningCommand>;
  /** The same for one that is used as a byte stream; waits while there are too many. */
  startStream(command: string, signal?: AbortSignal): Promise<RunningCommand>;
  /** When an ended command failed for the connection's sake and not for its own: the error that says so. */
  explain(end: Pick<CommandEnd, 'exitCode'>, stderr: string): Promise<HostError | undefined>;
  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex>;
  /** Undefined where only the helper can open sockets. */
  readonly openUnix?: (path: string, signal?: AbortSignal) => Promise<Duplex>;
  close(): Promise<void>;
}
