// Host over a transport: what needs no root is a script of the login user, all else a verb of the helper. A login as
// root carries the helper's text along; any other has it installed and may run it, and nothing else, through sudo.
import type { Duplex } from 'node:stream';
import { exchange } from './exchange.ts';
import { parseFileEntries } from './file-entry.ts';
import { helperError } from './helper/exit-status.ts';
import { helperPath, type RenderedHelper } from './helper/render-helper.ts';
import type { CallOptions, CallResult, FileAttributes, FileEntry, Host, StreamTarget, UnitState } from './host.ts';
import { HostError, interruptedError, lastLines } from './host-error.ts';
import { ProcessDuplex } from './process-duplex.ts';
import { bootCommand, checkArguments, encodeCarriedRequest, encodeHelperRequest, encodeScript } from './request.ts';
import type { Login, RunningCommand, Transport } from './transport.ts';
import { parseUnitStates } from './unit-state.ts';

/** Constant: what is asked travels on standard input. */
const sudoCommand = `exec env LC_ALL=C sudo -n -- ${helperPath}`;

/** systemd gives Debian's tor@ five minutes to start and one to stop. */
const unitTimeoutMs = 7 * 60_000;

const controlSocket = /^(?:\/var)?\/run\/(?:tor|tor-instances\/([A-Za-z0-9][A-Za-z0-9_.-]*))\/control$/;

export interface RemoteHostOptions {
  readonly transport: Transport;
  readonly helper: RenderedHelper;
  /** Carry the helper's text along although the login is not root: for tests in a directory of their own. */
  readonly carryHelper?: boolean;
}

export class RemoteHost implements Host {
  readonly name: string;
  readonly #transport: Transport;
  readonly #helper: RenderedHelper;
  readonly #carryHelper: boolean;

  constructor({ transport, helper, carryHelper = false }: RemoteHostOptions) {
    this.name = transport.name;
    this.#transport = transport;
    this.#helper = helper;
    this.#carryHelper = carryHelper;
  }

  /** Connects where that is needed and says who we are there. */
  login(signal?: AbortSignal): Promise<Login> {
    return this.#transport.login(signal);
  }

  async run(script: string, options: CallOptions = {}): Promise<CallResult> {
    const { args = [], input = '', timeoutMs, signal } = options;
    checkArguments(this.name, args);
    return exchange(this.#transport, bootCommand, {
      what: 'a script',
      input: encodeScript(script, args, input),
      timeoutMs,
      signal,
    });
  }

  async call(verb: string, options: CallOptions = {}): Promise<CallResult> {
    const { args = [], input = '', timeoutMs, signal } = options;
    const what = args[0] === undefined ? verb : `${verb} ${args[0]}`;
    const request = await this.#request(verb, args, input, signal);
    const result = await exchange(this.#transport, request.command, { what, input: request.input, timeoutMs, signal });
    if (result.exitCode !== 0) throw helperError({ host: this.name, what, ...result });
    return result;
  }

  async #request(verb: string, args: readonly string[], input: string | Uint8Array, signal?: AbortSignal) {
    checkArguments(this.name, [verb, ...args]);
    const request = { version: this.#helper.version, verb, args, input };
    if (this.#carryHelper || (await this.#uid(signal)) === 0)
      return { command: bootCommand, input: encodeCarriedRequest(this.#helper.textFor(verb), request) };
    return { command: sudoCommand, input: encodeHelperRequest(request) };
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
      const control = controlSocket.exec(target.path);
      if (control !== null) return await this.#openControl(control[1] ?? 'default', signal);
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

  /** A control connection that the helper has authenticated already; see its part 60-control. */
  async #openControl(instance: string, signal: AbortSignal | undefined): Promise<Duplex> {
    const { command, input } = await this.#request('control', [instance], '', signal);
    const running = await this.#transport.start(command, 'stream', signal);
    const what = `control ${instance}`;
    const failure = async (exitCode: number | null, stderr: string): Promise<Error | undefined> => {
      if (exitCode === 0) return undefined;
      const lost = await this.#transport.explain({ exitCode }, stderr);
      return (
        lost ?? helperError({ host: this.name, what, exitCode: exitCode ?? 255, stdout: new Uint8Array(), stderr })
      );
    };
    const stop = (): void => running.kill();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      running.stdin.write(input);
      await readReady(running, failure);
    } catch (error) {
      running.kill();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    return new ProcessDuplex(running, { failure });
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

/** Waits for the helper's one line of its own; what follows it stays in the stream. */
const readReady = (
  running: RunningCommand,
  failure: (exitCode: number | null, stderr: string) => Promise<Error | undefined>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let ready = false;
    const stderr: Buffer[] = [];
    let text = Buffer.alloc(0);
    const onError = (chunk: Buffer): void => void stderr.push(chunk);
    const onData = (chunk: Buffer): void => {
      text = Buffer.concat([text, chunk]);
      const end = text.indexOf('\n');
      if (end === -1) return;
      running.stdout.off('data', onData);
      running.stdout.pause();
      running.stderr.off('data', onError);
      if (text.subarray(0, end).toString() !== 'tearless-control ready') {
        reject(
          new HostError({
            kind: 'protocol',
            code: 'host-answer-bad',
            message: `the helper opened a control connection in an unknown form: ${lastLines(text.toString(), 1)[0] ?? ''}`,
          }),
        );
        return;
      }
      if (end + 1 < text.length) running.stdout.unshift(text.subarray(end + 1));
      ready = true;
      resolve();
    };
    running.stdout.on('data', onData);
    running.stderr.on('data', onError);
    void running.ended.then(async ({ exitCode }) => {
      if (ready) return;
      reject(
        (await failure(exitCode, Buffer.concat(stderr).toString())) ?? new Error('the helper ended without a word'),
      );
    });
  });
