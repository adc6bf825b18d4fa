// A host with one tor instance for unit tests: its unit, its process and its clock are values that a test sets. It knows the
// scripts of this room by what they print. Real hosts are tested in test/integration.
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import type { StepContext } from '../../change/step.ts';
import type { CallOptions, CallResult, FileEntry, Host, UnitState } from '../../host/host.ts';
import { HostError } from '../../host/host-error.ts';
import { instancePaths } from '../instance.ts';
import { type FakeTor, openFakeTor } from './fake-control.ts';

const refuse = (what: string): never => {
  throw new Error(`the fake host cannot ${what}`);
};

export class FakeHost implements Host {
  readonly name = 'h1';
  readonly paths = instancePaths('a');
  bootId = '11111111-2222-3333-4444-555555555555';
  /** By the host's clock; its boot was at 0. */
  nowMs = 1_000_000_000;
  unitsLoadedMs = 1_000;
  /** Change times of the files that decide how the instance starts. */
  filesChangedMs: number[] = [500];
  process: { pid: number; startMs: number } | undefined = { pid: 100, startMs: 10_000 };
  activeState = 'active';
  subState = 'running';
  result = 'success';
  restarts = 0;
  tor: FakeTor | undefined = { info: {}, conf: {} };
  /** Verbs that were asked of systemd. */
  readonly asked: string[] = [];
  /** What a verb does; by default a restart gives a new process. */
  onUnit: (verb: string) => void = (verb) => {
    if (verb === 'restart') this.startProcess();
  };
  /** What the helper gives for a verb. */
  onCall: (verb: string, options: CallOptions) => string = (verb) => refuse(`be asked for ${verb}`);
  /** What a script gives other than the one that reads the process. */
  onRun: (script: string, args: readonly string[]) => Partial<CallResult> = () => refuse('run this script');

  startProcess(): void {
    this.nowMs += 1_000;
    this.process = { pid: (this.process?.pid ?? 100) + 1, startMs: this.nowMs };
    this.activeState = 'active';
    this.subState = 'running';
    this.result = 'success';
  }

  stop(activeState: 'failed' | 'inactive', result: string): void {
    this.process = undefined;
    this.activeState = activeState;
    this.subState = activeState;
    this.result = result;
  }

  /** Time passes on this clock only. */
  get clock(): Clock {
    return {
      now: () => this.nowMs,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted();
        this.nowMs += ms;
      },
    };
  }

  get context(): StepContext {
    return { host: this, clock: this.clock, signal: new AbortController().signal, run: 'r1' };
  }

  async units(names: readonly string[]): Promise<UnitState[]> {
    return names.map((unit) => ({
      unit,
      loadState: 'loaded',
      activeState: this.activeState,
      subState: this.subState,
      unitFileState: 'enabled',
      mainPid: this.process?.pid ?? 0,
      restarts: this.restarts,
      activeEnterMonotonicUs: (this.process?.startMs ?? 0) * 1000,
      activeEnterMs: this.process?.startMs ?? 0,
      result: this.result,
      needDaemonReload: false,
    }));
  }

  async run(script: string, options: CallOptions = {}): Promise<CallResult> {
    const done = { exitCode: 0, stdout: new Uint8Array(), stderr: '' };
    if (!script.includes('/proc/sys/kernel/random/boot_id'))
      return { ...done, ...this.onRun(script, options.args ?? []) };
    const [pid] = options.args ?? [];
    const stat =
      this.process !== undefined && pid === String(this.process.pid)
        ? `${pid} (tor (x) y) S ${Array.from({ length: 18 }, () => 0).join(' ')} ${this.process.startMs / 10} 0\n`
        : '';
    const head = [
      this.bootId,
      this.nowMs / 1000,
      this.nowMs / 1000,
      100,
      this.unitsLoadedMs * 1000,
      ...this.filesChangedMs.map((ms) => ms / 1000),
    ];
    return { ...done, stdout: Buffer.from(`${head.join('\n')}\n\n${stat}`) };
  }

  async unit(verb: 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable', name: string): Promise<void> {
    if (name !== this.paths.unit) refuse(`${verb} ${name}`);
    this.asked.push(verb);
    this.onUnit(verb);
  }

  /** For `onUnit`: what the real host says when systemd could not do it. */
  failedJob(): never {
    throw new HostError({ kind: 'failed', code: 'host-verb-failed', message: 'systemctl failed with status 1' });
  }

  async open(): Promise<Duplex> {
    if (this.tor === undefined) {
      const message = 'h1: control: No such file or directory';
      throw new HostError({ kind: 'not-found', code: 'host-not-found', message });
    }
    return openFakeTor(this.tor);
  }

  async call(verb: string, options: CallOptions = {}): Promise<CallResult> {
    return { exitCode: 0, stdout: Buffer.from(this.onCall(verb, options)), stderr: '' };
  }
  stat(): Promise<FileEntry | undefined> {
    return refuse('stat');
  }
  read(): Promise<Uint8Array> {
    return refuse('read');
  }
  write(): Promise<void> {
    return refuse('write');
  }
  remove(): Promise<void> {
    return refuse('remove');
  }
  removeEmptyDirectory(): Promise<void> {
    return refuse('remove a directory');
  }
  list(): Promise<FileEntry[]> {
    return refuse('list');
  }
  reloadSystemd(): Promise<void> {
    return refuse('reload systemd');
  }
  async close(): Promise<void> {}
}
