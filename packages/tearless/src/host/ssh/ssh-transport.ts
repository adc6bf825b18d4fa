// Commands and byte streams on a host over one shared connection of the system's OpenSSH, made when first needed and
// again when it broke.
import type { Duplex } from 'node:stream';
import { closedError, HostError, lastLines } from '../host-error.ts';
import { Limiter } from '../limiter.ts';
import { startProcess } from '../process.ts';
import { ProcessDuplex } from '../process-duplex.ts';
import { sessionRefused } from '../session-refused.ts';
import type { CommandEnd, Login, RunningCommand, Transport } from '../transport.ts';
import { workersAtOnce } from '../worker-pool.ts';
import {
  checkDestination,
  renderCommandArguments,
  renderForwardArguments,
  type SshDestination,
} from './destination.ts';
import { connectMaster, type Master } from './master.ts';
import { parseSshFailure } from './words.ts';

/** Streams, workers and the connection's own command together stay below what sshd grants by default (MaxSessions 10). */
const streamsAtOnce = 3;
const sessionsNeeded = streamsAtOnce + workersAtOnce + 1;

/** A lost connection shows in its commands first and in itself a moment later. */
const lostWithinMs = 500;

const raceSignal = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
};

export class SshTransport implements Transport {
  readonly name: string;
  readonly leavesBehind = true;
  readonly #destination: SshDestination;
  readonly #streams = new Limiter(streamsAtOnce);
  #connecting: Promise<Master> | undefined;
  #master: Master | undefined;
  /** Ends attempts to connect and whatever runs. */
  #closing = new AbortController();
  readonly #running = new Set<RunningCommand>();

  constructor(name: string, destination: SshDestination) {
    checkDestination(destination);
    this.name = name;
    this.#destination = destination;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async login(signal?: AbortSignal): Promise<Login> {
    return (await this.#connect(signal)).login;
  }

  #connect(signal?: AbortSignal): Promise<Master> {
    if (this.#master?.isGone() === false) return Promise.resolve(this.#master);
    this.#connecting ??= connectMaster(this.name, this.#destination, this.#closing.signal)
      .then((master) => {
        this.#master = master;
        return master;
      })
      .finally(() => {
        this.#connecting = undefined;
      });
    return raceSignal(this.#connecting, signal);
  }

  async start(command: string, signal?: AbortSignal): Promise<RunningCommand> {
    const { controlPath } = await this.#connect(signal);
    return this.#spawn(renderCommandArguments(controlPath, command));
  }

  async startStream(command: string, signal?: AbortSignal): Promise<RunningCommand> {
    const release = await this.#streams.acquire(signal);
    try {
      const running = await this.start(command, signal);
      void running.ended.then(release);
      return running;
    } catch (error) {
      release();
      throw error;
    }
  }

  #spawn(args: readonly string[]): RunningCommand {
    const running = startProcess('ssh', args);
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    return running;
  }

  async explain({ exitCode }: Pick<CommandEnd, 'exitCode'>, stderr: string): Promise<HostError | undefined> {
    if (exitCode !== null && exitCode !== 255) return undefined;
    if (/Session open refused by peer/.test(stderr) && !/forwarding/i.test(stderr))
      return new HostError({
        kind: 'unreachable',
        code: sessionRefused,
        message: `${this.name}: its sshd grants no further session on the connection`,
        hint: `let MaxSessions in its sshd_config be at least ${sessionsNeeded}; the default is 10`,
        retryable: true,
        subject: this.name,
      });
    const master = this.#master;
    if (master !== undefined && exitCode === 255) {
      // 255 may be the command's own status: the connection tells.
      let timer: NodeJS.Timeout | undefined;
      const waited = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, lostWithinMs);
      });
      await Promise.race([master.gone, waited]);
      clearTimeout(timer);
      if (!master.isGone()) return undefined;
    }
    const words = `${master?.said() ?? ''}\n${stderr}`;
    return new HostError({
      kind: 'unreachable',
      code: 'ssh-connection-lost',
      message: `${this.name}: the connection was lost: ${parseSshFailure(words).message}`,
      hint: 'what was asked may have been done or not: look, then try again',
      retryable: true,
      subject: this.name,
      lines: lastLines(words),
    });
  }

  async openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    const { controlPath } = await this.#connect(signal);
    const running = this.#spawn(renderForwardArguments(controlPath, host, port));
    return new ProcessDuplex(running, {
      failure: async (exitCode, stderr) => {
        if (exitCode === 0) return undefined;
        const lost = await this.explain({ exitCode }, stderr);
        const lines = lastLines(`${this.#master?.said() ?? ''}\n${stderr}`);
        return (
          lost ??
          new HostError({
            kind: 'unreachable',
            code: 'host-port-unreachable',
            message: `${this.name}: cannot reach ${host} port ${port} from there: ${lines.at(-1) ?? 'no reason given'}`,
            subject: this.name,
            lines,
          })
        );
      },
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(closedError(this.name));
    this.#closing = new AbortController();
    const running = [...this.#running];
    for (const command of running) command.kill();
    await Promise.all(running.map(({ ended }) => ended));
    await this.#connecting?.catch(() => {}); // told to who asked for it
    const master = this.#master;
    this.#master = undefined;
    await master?.close();
  }
}
