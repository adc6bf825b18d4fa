// For tests: the injector compiled with sanitisers and injected errors, and a running program to try it on.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { encodePlan, type InjectorOperation, type InjectorPlan } from '../encode-plan.ts';
import { type InjectorReport, injectorBuild, parseReport } from '../run-injector.ts';

const native = join(import.meta.dirname, '../../../../../../native');
const buildId = '00112233445566778899aabbccddeeff00112233';

export interface Programs {
  readonly folder: string;
  readonly injector: string;
  /** As it is shipped. */
  readonly shipped: string;
  readonly target: string;
  /** native/testdata/kernel.c */
  readonly kernel: string;
}

export const compilePrograms = (): Programs => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-inject-'));
  const { compiler, flags, sources } = injectorBuild;
  const files = sources.map((name) => join(native, name));
  const [injector, shipped, target, kernel] = ['injector', 'shipped', 'target', 'kernel'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const sanitised = ['-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-DINJECT_FAULTS'];
  execFileSync(compiler, [...flags.filter((flag) => flag !== '-static'), ...sanitised, '-o', injector, ...files]);
  execFileSync(compiler, [...flags, '-o', shipped, ...files]);
  const sourceOf = (name: string): string => join(native, 'testdata', name);
  const plain = ['-O2', '-Wall', '-pthread', '-fcf-protection=none', `-Wl,--build-id=0x${buildId}`];
  execFileSync(compiler, [...plain, '-o', target, sourceOf('target.c')]);
  execFileSync(compiler, ['-O2', '-Wall', '-Wextra', '-Werror', '-o', kernel, sourceOf('kernel.c')]);
  return { folder, injector, shipped, target, kernel };
};

export interface Outcome {
  readonly status: number | null;
  readonly report: InjectorReport;
}

export interface InjectOptions {
  readonly args?: readonly string[];
  /** Errors to inject: native/failure.c. */
  readonly faults?: string;
  /** Done to the directory first. */
  readonly spoil?: (folder: string) => void;
  /** A link to the directory that temporary files are in. */
  readonly through?: string;
  /** What runs the injector, with its arguments so far. */
  readonly under?: readonly [program: string, ...args: string[]];
}

const placePlan = (plan: Uint8Array): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-plan-'));
  writeFileSync(join(folder, 'plan'), plan, { mode: 0o600 });
  chmodSync(folder, 0o700);
  return folder;
};

const envOf = ({ faults = '' }: InjectOptions) => ({ ASAN_OPTIONS: 'detect_leaks=0', TEARLESS_FAULTS: faults });

/** Runs the injector on the bytes of a plan. */
export const inject = (program: string, mode: string, plan: Uint8Array, options: InjectOptions = {}) => {
  const folder = placePlan(plan);
  try {
    options.spoil?.(folder);
    const [file, ...before] = options.under === undefined ? [program] : [...options.under, program];
    const args = [...before, mode, join(options.through ?? tmpdir(), basename(folder)), ...(options.args ?? [])];
    return spawnSync(file, args, { env: envOf(options), timeout: 60_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** The same, while this process goes on. */
const injectAside = async (program: string, mode: string, plan: Uint8Array, options: InjectOptions) => {
  const folder = placePlan(plan);
  try {
    const child = spawn(program, [mode, folder, ...(options.args ?? [])], { env: envOf(options), timeout: 60_000 });
    const [stdout, stderr] = await Promise.all([buffer(child.stdout), text(child.stderr), once(child, 'close')]);
    return { exitCode: child.exitCode ?? -1, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export class Target {
  readonly pid: number;
  readonly addresses: Readonly<Record<string, bigint>>;
  readonly #process: ReturnType<typeof spawn>;
  readonly #programs: Programs;
  readonly #socket;
  readonly #lines;

  private constructor(
    programs: Programs,
    child: ReturnType<typeof spawn>,
    addresses: Record<string, bigint>,
    port: number,
  ) {
    this.pid = child.pid ?? 0;
    this.addresses = addresses;
    this.#programs = programs;
    this.#process = child;
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.#lines = createInterface(this.#socket)[Symbol.asyncIterator]();
  }

  static async start(programs: Programs, how = 'epoll', workers = 3, kind = 'rest', mode = 'plain'): Promise<Target> {
    const child = spawn(programs.target, [how, `${workers}`, kind, mode], { stdio: ['ignore', 'pipe', 'ignore'] });
    for await (const line of createInterface(child.stdout)) {
      const { port, ...said } = JSON.parse(line) as Record<string, string>;
      const addresses = Object.fromEntries(Object.entries(said).map(([name, hex]) => [name, BigInt(`0x${hex}`)]));
      return new Target(programs, child, addresses, Number(port));
    }
    throw new Error('the target did not start');
  }

  address(name: string): bigint {
    const found = this.addresses[name];
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }

  /** Free memory that a short jump reaches; each turn has its own. */
  near(turn = 0): bigint {
    return (this.address('answer') & ~0xfffn) - 0x4000000n + BigInt(turn) * 0x1000n;
  }

  /** Fields of proc_pid_stat(5) from the third on. */
  get #stat(): string[] {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  }

  get startTicks(): bigint {
    return BigInt(this.#stat[19] ?? '');
  }

  get isStopped(): boolean {
    return this.#stat[0] === 'T';
  }

  read(address: bigint, sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    const file = openSync(`/proc/${this.pid}/mem`, 'r');
    try {
      readSync(file, bytes, 0, sizeBytes, Number(address));
    } finally {
      closeSync(file);
    }
    return bytes;
  }

  /** Signals that its main thread does not take. */
  get blocked(): string | undefined {
    return /^SigBlk:\t(\S+)$/m.exec(this.#status(`${this.pid}`))?.[1];
  }

  get maps(): string {
    return readFileSync(`/proc/${this.pid}/maps`, 'utf8');
  }

  plan(operations: readonly InjectorOperation[], kind: 'apply' | 'rollback' = 'apply'): InjectorPlan {
    return { kind, pid: this.pid, startTicks: this.startTicks, buildId, operations };
  }

  /** A new `answer` that returns a number, in memory of its own, a jump to it, and another `value`. */
  update(number: number, turn = 0, extra: readonly InjectorOperation[] = []): InjectorPlan {
    const [at, entry, value] = [this.near(turn), this.address('answer'), this.address('&value')];
    const code = Buffer.from([0xb8, 0, 0, 0, 0, 0xc3]);
    code.writeInt32LE(number, 1);
    const jump = Buffer.from([0xe9, 0, 0, 0, 0]);
    jump.writeInt32LE(Number(at - entry - 5n), 1);
    const held = Buffer.alloc(4);
    held.writeInt32LE(number * 10);
    return this.plan([
      { kind: 'map', address: at, sizeBytes: 4096, protection: 'rx' },
      { kind: 'fill', address: at, bytes: code },
      { kind: 'change', address: entry, former: this.read(entry, 5), next: jump },
      { kind: 'change', address: value, former: this.read(value, 4), next: held },
      ...extra,
    ]);
  }

  run(
    plan: InjectorPlan,
    options: InjectOptions & { readonly program?: string; readonly mode?: string } = {},
  ): Outcome {
    const program = options.program ?? this.#programs.injector;
    const said = inject(program, options.mode ?? plan.kind, encodePlan(plan), options);
    const answer = { exitCode: said.status ?? -1, stdout: said.stdout, stderr: said.stderr.toString() };
    return { status: said.status, report: parseReport('here', answer) };
  }

  async runAside(plan: InjectorPlan, options: InjectOptions): Promise<Outcome> {
    const answer = await injectAside(this.#programs.injector, plan.kind, encodePlan(plan), options);
    return { status: answer.exitCode, report: parseReport('here', answer) };
  }

  /** Somebody traces it until that is disposed of. */
  async traced(): Promise<{ readonly pid: number } & AsyncDisposable> {
    const tracer = spawn(this.#programs.kernel, ['traced', `${this.pid}`], { stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = once(tracer, 'exit');
    const end = async (): Promise<void> => {
      tracer.stdin.end();
      await ended;
    };
    const said = await Promise.race([once(tracer.stdout, 'data'), ended.then(() => undefined)]);
    if (said === undefined) throw new Error('the target cannot be traced');
    return { pid: tracer.pid ?? 0, [Symbol.asyncDispose]: end };
  }

  /** Until each of its workers has waited once more. */
  async worksOn(): Promise<void> {
    const waits = () =>
      readdirSync(`/proc/${this.pid}/task`)
        .filter((task) => Number(task) !== this.pid)
        .map((task) => Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(this.#status(task))?.[1]));
    const before = waits();
    while (!waits().every((count, index) => count > (before[index] ?? 0))) await setImmediate();
  }

  #status(task: string): string {
    return readFileSync(`/proc/${this.pid}/task/${task}/status`, 'latin1');
  }

  /** On the one connection that stays open: what `answer` says, then `value`, hooks and signals so far. */
  async ask(): Promise<number[]> {
    this.#socket.write('?');
    const line = await this.#lines.next();
    if (line.done) throw new Error('the target closed the connection');
    return line.value.split(' ').map(Number);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  async ended(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    this.#process.kill('SIGKILL');
    await this.ended();
  }
}
