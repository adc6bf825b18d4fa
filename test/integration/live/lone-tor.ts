// A tor without a network, in a folder of its own, with its control connection: what libevent and the injector make of it does not
// depend on other relays.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { Controller } from '@tearless/tor/control/controller.ts';

const startWithinMs = 120_000;
const socketName = 'control.sock';
const cookieName = 'cookie';

export class LoneTor {
  readonly pid: number;
  readonly control: Controller;
  /** Of control connections. */
  readonly socket: string;
  /** The file that authenticates them. */
  readonly cookie: string;
  readonly #folder: string;
  readonly #ended: Promise<unknown>;
  readonly #kill: (signal: NodeJS.Signals) => void;

  private constructor(folder: string, child: ReturnType<typeof spawn>, control: Controller) {
    this.pid = child.pid ?? 0;
    this.control = control;
    this.socket = join(folder, socketName);
    this.cookie = join(folder, cookieName);
    this.#folder = folder;
    this.#ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
    this.#kill = (signal) => void child.kill(signal);
  }

  /** @param lines of its torrc. @param environment beside this process's */
  static async start(
    tor: string,
    lines: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<LoneTor> {
    const folder = mkdtempSync(join(tmpdir(), 'tearless-lone-'));
    const socket = join(folder, socketName);
    const own = [`DataDirectory ${folder}/data`, `ControlPort unix:${socket}`, 'CookieAuthentication 1', 'SocksPort 0'];
    const cookie = join(folder, cookieName);
    const torrc = join(folder, 'torrc');
    const rest = ['DisableNetwork 1', `CookieAuthFile ${cookie}`, ...lines];
    writeFileSync(torrc, `${[...own, ...rest].join('\n')}\n`);
    const args = ['--defaults-torrc', '/dev/null', '-f', torrc, '--__OwningControllerProcess', String(process.pid)];
    const child = spawn(tor, args, { stdio: 'ignore', env: { ...process.env, ...environment } });
    try {
      await waitFor(() => existsSync(socket) && existsSync(cookie), { what: 'tor', timeoutMs: startWithinMs });
      const control = await Controller.open(connect(socket), { auth: { readCookie: (path) => readFile(path) } });
      return new LoneTor(folder, child, control);
    } catch (error) {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  /** That its main thread is in; undefined while it runs. */
  get systemCall(): number | undefined {
    const number = Number(readFileSync(`/proc/${this.pid}/syscall`, 'latin1').split(' ')[0]);
    return Number.isNaN(number) ? undefined : number;
  }

  appendTorrc(line: string): void {
    writeFileSync(join(this.#folder, 'torrc'), `${line}\n`, { flag: 'a' });
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#kill('SIGKILL');
    await this.#ended;
  }

  get ended(): Promise<unknown> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control.close().catch(() => {});
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}
