// One tor process of the private network: starts it, stops it, and holds its control connection.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { isSystemError, LabError } from '../base/lab-error.ts';
import { inNamespace } from '../base/lab-name.ts';
import { lastLines } from '../base/run.ts';
import { readTrackedProcess, type StopOptions, spawnTracked, stopTracked } from '../base/tracked-process.ts';
import { cookiePath, openControl } from './node-control.ts';
import type { NodePlan } from './node-plan.ts';

export type NodePlace = {
  lab: string;
  /** The folder of all labs. */
  root: string;
  /** The network namespace that the node runs in; absent on loopback. */
  namespace?: string;
};

const startTimeoutMs = 120_000;

const readLog = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
};

export class NetworkNode {
  readonly plan: NodePlan;
  /** Authorities and relays: 40 hexadecimal digits, capitals. */
  fingerprint: string | undefined;
  /** Services: the name that ends in `.onion`. */
  onionAddress: string | undefined;
  readonly #place: NodePlace;
  #control: Promise<Controller> | undefined;

  constructor(plan: NodePlan, place: NodePlace) {
    this.plan = plan;
    this.#place = place;
  }

  get nickname(): string {
    return this.plan.nickname;
  }

  get pid(): number | undefined {
    return readTrackedProcess(this.#place.lab, this.nickname, this.#place.root)?.pid;
  }

  get #torrcPath(): string {
    return join(this.plan.folder, 'torrc');
  }

  writeTorrc(text: string): void {
    writeFileSync(this.#torrcPath, text, { mode: 0o600 });
  }

  /**
   * Starts tor and waits until its control port answers.
   * @param args further options of the command line, which torrc does not have
   * @throws LabError `network-node-ended` with what tor said, `network-node-timeout`
   */
  async start(args: readonly string[] = [], signal?: AbortSignal): Promise<Controller> {
    const { lab, root, namespace } = this.#place;
    // Those of a former process would be taken for this one's.
    for (const stale of [cookiePath(this.plan), this.plan.controlSocket]) rmSync(stale, { force: true });
    const argv = [this.plan.tor ?? 'tor', '--defaults-torrc', '/dev/null', '-f', this.#torrcPath, ...args];
    const log = join(this.plan.folder, 'tor.log');
    const process_ = await spawnTracked(namespace === undefined ? argv : inNamespace(namespace, argv), {
      lab,
      root,
      id: this.nickname,
      log,
      env: { ...process.env, ...this.plan.environment },
    });
    const abort = new AbortController();
    const timer = setTimeout(() => {
      const message = `${this.nickname} did not open its control port within ${startTimeoutMs / 1000} s`;
      abort.abort(new LabError('network-node-timeout', message, { kind: 'timeout' }));
    }, startTimeoutMs);
    void process_.exited.then(({ code, signal: killer }) => {
      const said = lastLines(readLog(log), 8);
      const message = `tor of ${this.nickname} ended (${killer ?? `exit code ${code}`})\n${said}`;
      abort.abort(new LabError('network-node-ended', message, { kind: 'failed' }));
    });
    const signals = signal === undefined ? [abort.signal] : [abort.signal, signal];
    try {
      return await this.#connect(AbortSignal.any(signals));
    } finally {
      clearTimeout(timer);
    }
  }

  #connect(signal: AbortSignal): Promise<Controller> {
    const opening = openControl(this.plan, signal);
    this.#control = opening;
    void opening
      .then((control) => control.closed)
      .catch(() => {}) // whoever awaits `control` gets the error
      .finally(() => {
        if (this.#control === opening) this.#control = undefined;
      });
    return opening;
  }

  /** The control connection of the running tor; opened again when it was closed. */
  get control(): Promise<Controller> {
    return this.#control ?? this.#connect(AbortSignal.timeout(startTimeoutMs));
  }

  /** Ends tor; SIGTERM ends it at once, SIGINT as an operator's stop does. Does nothing when it does not run. */
  async stop(options: StopOptions = {}): Promise<void> {
    await stopTracked(this.#place.lab, this.nickname, { ...options, root: this.#place.root });
    await this.disconnect();
  }

  /** Closes the control connection and leaves tor alone. */
  async disconnect(): Promise<void> {
    const control = this.#control;
    this.#control = undefined;
    // A connection that never came about has nothing to close.
    await (await control?.catch(() => undefined))?.close();
  }
}
