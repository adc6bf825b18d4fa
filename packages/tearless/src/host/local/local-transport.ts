// Commands and byte streams on this machine.
import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import { closedError, HostError } from '../host-error.ts';
import { startProcess } from '../process.ts';
import type { Login, RunningCommand, Transport } from '../transport.ts';

export class LocalTransport implements Transport {
  readonly name: string;
  readonly leavesBehind = false;
  readonly #running = new Set<RunningCommand>();
  readonly #sockets = new Set<Socket>();
  #closing = new AbortController();

  constructor(name: string) {
    this.name = name;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async login(): Promise<Login> {
    const { uid, username } = userInfo();
    return { uid, user: username };
  }

  async start(command: string): Promise<RunningCommand> {
    const running = startProcess('sh', ['-c', command], { group: true });
    this.#running.add(running);
    void running.ended.then(() => {
      this.#running.delete(running);
    });
    return running;
  }

  startStream(command: string): Promise<RunningCommand> {
    return this.start(command);
  }

  async explain(): Promise<undefined> {
    return undefined;
  }

  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    return this.#connect({ host, port }, `${host} port ${port}`, signal);
  }

  readonly openUnix = (path: string, signal?: AbortSignal): Promise<Duplex> => this.#connect({ path }, path, signal);

  async #connect(options: NetConnectOpts, what: string, signal: AbortSignal | undefined): Promise<Duplex> {
    const socket = connect({ ...options, allowHalfOpen: true });
    try {
      await once(socket, 'connect', signal === undefined ? {} : { signal });
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      return socket;
    } catch (error) {
      socket.destroy();
      if (signal?.aborted) throw error;
      throw new HostError({
        kind: 'unreachable',
        code: 'host-port-unreachable',
        message: `${this.name}: cannot reach ${what}: ${error instanceof Error ? error.message : String(error)}`,
        subject: this.name,
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    const error = closedError(this.name);
    this.#closing.abort(error);
    this.#closing = new AbortController();
    for (const socket of this.#sockets) socket.destroy(error);
    const running = [...this.#running];
    for (const command of running) command.kill();
    await Promise.all(running.map(({ ended }) => ended));
  }
}
