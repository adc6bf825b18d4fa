// Host over a transport: what needs no root is a script of the login user, all else a verb of the helper. A login as
// root carries the helper's text along; any other has it installed and may run it, and nothing else, through sudo.
import type { Duplex } from 'node:stream';
import { type DeadlineOptions, withDeadline } from './deadline.ts';
import { parseFileEntries } from './file-entry.ts';
import { fencedStatus, helperError, outdatedStatus } from './helper/exit-status.ts';
import type { RenderedHelper } from './helper/render-helper.ts';
import type { CallOptions, CallResult, FileAttributes, FileEntry, Host, StreamTarget, UnitState } from './host.ts';
import { HostError, interruptedError } from './host-error.ts';
import { onionArguments } from './onion-target.ts';
import { openPipe } from './pipe.ts';
import {
  bootCommand,
  checkArguments,
  encodeHelperRequest,
  encodeProgram,
  encodeScriptRequest,
  scriptLoop,
  sudoCommand,
} from './request.ts';
import { againWhenRefused } from './session-refused.ts';
import type { Login, Transport } from './transport.ts';
import { parseUnitStates } from './unit-state.ts';
import { Worker } from './worker.ts';
import { WorkerPool, workersAtOnce } from './worker-pool.ts';

/** systemd gives Debian's tor@ five minutes to start and one to stop. */
const unitTimeoutMs = 7 * 60_000;

const controlSocket = /^(?:\/var)?\/run\/(?:tor|tor-instances\/([A-Za-z0-9][A-Za-z0-9_.-]*))\/control$/;

/** One that runs scripts as the login user, and one that is the helper. */
type WorkerKind = 'script' | 'helper';

export interface RemoteHostOptions {
  readonly transport: Transport;
  readonly helper: RenderedHelper;
  /** Carry the helper's text along although the login is not root: for tests in a directory of their own. */
  readonly carryHelper?: boolean;
}

/** See the end of 99-main.sh: an outdated or fenced helper ends, and one that refused an input it may not have read. */
const helperEnds =
  (hasInput: boolean) =>
  (exitCode: number): boolean =>
    exitCode === outdatedStatus || exitCode === fencedStatus || (hasInput && exitCode !== 0);

export class RemoteHost implements Host {
  readonly name: string;
  readonly #transport: Transport;
  readonly #helper: RenderedHelper;
  readonly #carryHelper: boolean;
  readonly #workers: WorkerPool<WorkerKind>;

  constructor({ transport, helper, carryHelper = false }: RemoteHostOptions) {
    this.name = transport.name;
    this.#transport = transport;
    this.#helper = helper;
    this.#carryHelper = carryHelper;
    this.#workers = new WorkerPool((kind, stop) => this.#startWorker(kind, stop));
  }

  /** Connects where that is needed and says who we are there. */
  login(signal?: AbortSignal): Promise<Login> {
    return this.#transport.login(signal);
  }

  async run(script: string, options: CallOptions = {}): Promise<CallResult> {
    const { args = [], input = '', timeoutMs, signal } = options;
    checkArguments(this.name, args);
    return this.#ask(
      'script',
      { what: 'a script', timeoutMs, signal },
      () => false,
      (nonce) => encodeScriptRequest(nonce, script, args, input),
    );
  }

  async call(verb: string, options: CallOptions = {}): Promise<CallResult> {
    const { args = [], input = '', timeoutMs, signal } = options;
    checkArguments(this.name, [verb, ...args]);
    // A nonce of the facts says nothing to a person.
    const what = args[0] === undefined || verb === 'facts' ? verb : `${verb} ${args[0]}`;
    const { version } = this.#helper;
    const ask = (): Promise<CallResult> =>
      this.#ask('helper', { what, timeoutMs, signal }, helperEnds(input.length > 0), (nonce) =>
        encodeHelperRequest({ version, verb, args, input, nonce }),
      );
    let result = await ask();
    // Nothing was done. Every shell that is left from before the lock was taken ends with such an answer.
    for (let left = workersAtOnce; result.exitCode === fencedStatus && left > 0; left -= 1) result = await ask();
    if (result.exitCode !== 0) throw helperError({ host: this.name, what, ...result });
    return result;
  }

  #ask(
    kind: WorkerKind,
    options: DeadlineOptions,
    endsWith: (exitCode: number) => boolean,
    encode: (nonce: string) => Uint8Array,
  ): Promise<CallResult> {
    const { closing, leavesBehind } = this.#transport;
    const givenUp = (pid: number): void => {
      if (kind === 'script' && leavesBehind && !closing.aborted) this.#endThere(pid);
    };
    return withDeadline(this.#transport, options, ({ stop, heard }) =>
      againWhenRefused(stop, () =>
        this.#workers.with(kind, stop, (worker) =>
          worker.ask({ what: options.what, encode, stop, heard, endsWith, givenUp }),
        ),
      ),
    );
  }

  /** Ends a script that was given up, so that it neither goes on nor holds its session; as far as that is possible. */
  #endThere(pid: number): void {
    this.run('kill -s TERM -- "-$1" 2>/dev/null', { args: [String(pid)], timeoutMs: 10_000 }).catch(
      () => {}, // who gave it up has an error already
    );
  }

  /** A login as root carries the helper's text along, once for each worker. */
  async #startWorker(kind: WorkerKind, stop: AbortSignal): Promise<Worker> {
    const { command, program } =
      kind === 'script' ? { command: bootCommand, program: encodeProgram(scriptLoop) } : await this.#helperStart(stop);
    return new Worker(this.#transport, await this.#transport.start(command, stop), program);
  }

  async #helperStart(signal: AbortSignal | undefined): Promise<{ command: string; program: string }> {
    const carried = this.#carryHelper || (await this.#uid(signal)) === 0;
    return carried
      ? { command: bootCommand, program: encodeProgram(this.#helper.text) }
      : { command: sudoCommand, program: '' };
  }

  async #uid(signal: AbortSignal | undefined): Promise<number> {
    try {
      return (await this.#transport.login(signal)).uid;
    } catch (error) {
      throw signal?.aborted === true ? interruptedError(this.name, 'connecting', signal.reason) : error;
    }
  }

  async open(target: StreamTarget, options: { readonly signal?: AbortSignal } = {}): Promise<Duplex> {
    const { signal } = options;
    try {
      if (target.kind === 'tcp') return await this.#transport.openTcp(target.host, target.port, signal);
      if (target.kind === 'onion') return await this.#openControl('onion', onionArguments(this.name, target), signal);
      const control = controlSocket.exec(target.path);
      if (control !== null) return await this.#openControl('control', [control[1] ?? 'default'], signal);
      if (this.#transport.openUnix !== undefined) return await this.#transport.openUnix(target.path, signal);
    } catch (error) {
      throw signal?.aborted === true ? interruptedError(this.name, 'opening a stream', signal.reason) : error;
    }
    throw new HostError({
      kind: 'refused',
      code: 'host-path-refused',
      message: `${this.name}: ${target.path} is not the control socket of a tor instance`,
      subject: this.name,
    });
  }

  /** A control connection that the helper has authenticated already; see its parts 60-control and 65-onion. */
  async #openControl(verb: string, args: readonly string[], signal: AbortSignal | undefined): Promise<Duplex> {
    checkArguments(this.name, args);
    const { command, program } = await this.#helperStart(signal);
    const running = await this.#transport.startStream(command, signal);
    const what = `${verb} ${args[0]}`;
    const { version } = this.#helper;
    const request = Buffer.concat([Buffer.from(program), encodeHelperRequest({ version, verb, args, input: '' })]);
    return openPipe(running, {
      name: this.name,
      request,
      signal,
      failure: async (exitCode, stderr) => {
        if (exitCode === 0) return undefined;
        const lost = await this.#transport.explain({ exitCode }, stderr);
        return (
          lost ?? helperError({ host: this.name, what, exitCode: exitCode ?? 255, stdout: new Uint8Array(), stderr })
        );
      },
    });
  }

  async stat(path: string): Promise<FileEntry | undefined> {
    const { stdout } = await this.call('stat', { args: [path] });
    return parseFileEntries(stdout, () => path)[0];
  }

  async read(path: string): Promise<Uint8Array> {
    return (await this.call('read', { args: [path] })).stdout;
  }

  async write(path: string, content: string | Uint8Array, { mode, owner, group }: FileAttributes): Promise<void> {
    await this.call('write', { args: [path, mode.toString(8).padStart(3, '0'), owner, group], input: content });
  }

  async remove(path: string): Promise<void> {
    await this.call('remove', { args: [path] });
  }

  async removeEmptyDirectory(path: string): Promise<void> {
    await this.call('rmdir', { args: [path] });
  }

  async list(directory: string): Promise<FileEntry[]> {
    const { stdout } = await this.call('list', { args: [directory] });
    return parseFileEntries(stdout, (name) => `${directory}/${name}`);
  }

  async units(names: readonly string[]): Promise<UnitState[]> {
    if (names.length === 0) return [];
    const { stdout } = await this.call('units', { args: names });
    return parseUnitStates(new TextDecoder().decode(stdout));
  }

  async reloadSystemd(): Promise<void> {
    await this.call('daemon-reload');
  }

  async unit(
    verb: 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable',
    name: string,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.call('unit', {
      args: [verb, name],
      timeoutMs: unitTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
