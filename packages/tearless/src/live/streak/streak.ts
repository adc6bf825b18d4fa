// One process carried over a row of builds, a step at a time, and back the same way. What it has become is kept here: where everything
// lies now, and how each step is taken back. Reaching the process is the door's business.
import type { LiveBuild } from '../apply/live-build.ts';
import type { LiveDoor } from '../apply/live-door.ts';
import { firstGenerationOf, judgeUpdate, prepareUpdate } from '../apply/prepare-update.ts';
import { requireOwnCode, type Written } from '../apply/require-own-code.ts';
import type { InjectorPlan } from '../inject/encode-plan.ts';
import type { InjectorReport } from '../inject/run-injector.ts';
import type { Generation } from '../link/generation.ts';
import { LiveError } from '../live-error.ts';
import { findRoom } from '../process/memory-map.ts';
import type { Rules } from '../rules/rules.ts';
import type { VerdictKind } from '../verdict/reason.ts';
import { requireBuild } from './require-build.ts';
import { tryAgain } from './try-again.ts';

export interface StreakOptions {
  readonly door: LiveDoor;
  readonly pid: number;
  /** What the process was started from, and runs now. */
  readonly build: LiveBuild;
  /** The main thread is held no longer than this at once. */
  readonly maxPauseUs: number;
  readonly findUs: number;
}

export interface StreakStep {
  readonly direction: 'forward' | 'back';
  readonly from: string;
  readonly to: string;
  /** Of the build that the process itself says it runs, once all its functions were found to begin as in that build. */
  readonly buildId: string;
  readonly verdict: VerdictKind;
  /** Functions whose entries lead elsewhere since this step. */
  readonly functions: number;
  /** Mapped for it. */
  readonly bytes: number;
  readonly pauseUs: number;
  readonly retries: number;
}

/** What a generation is made of. */
interface Carried {
  readonly build: LiveBuild;
  readonly generation: Generation;
  /** How it came, and how it goes; undefined for what the process was started with. */
  readonly way: Way | undefined;
}

interface Way {
  readonly there: InjectorPlan;
  readonly back: InjectorPlan;
  readonly verdict: VerdictKind;
  readonly functions: number;
}

const page = 4096n;
/** Kept free for a row of updates; a jump reaches four times as far. */
const roomBytes = 2n ** 28n;
const jumpBytes = 5;
/** A busy machine holds a thread up now and then, hardly so often in a row. */
const attempts = 20;

const endOf = (plan: InjectorPlan): bigint =>
  plan.operations.reduce((end, one) => {
    if (one.kind !== 'map') return end;
    const to = one.address + BigInt(one.sizeBytes);
    return to > end ? to : end;
  }, 0n);

const mappedBytes = (plan: InjectorPlan): number =>
  plan.operations.reduce((all, one) => all + (one.kind === 'map' ? one.sizeBytes : 0), 0);

const countJumps = (plan: InjectorPlan): number =>
  plan.operations.filter((one) => one.kind === 'change' && one.next.length === jumpBytes && one.next[0] === 0xe9)
    .length;

const changesOf = (plan: InjectorPlan): Written[] =>
  plan.operations.flatMap((one) => (one.kind === 'change' ? [{ address: one.address, bytes: one.next }] : []));

export class Streak {
  readonly #options: StreakOptions;
  readonly #carried: Carried[];
  #at: bigint;

  private constructor(options: StreakOptions, first: Carried, at: bigint) {
    this.#options = options;
    this.#carried = [first];
    this.#at = at;
  }

  /** @throws LiveError `live-streak-other-build`, `live-streak-no-room`, `live-other-code`, those of the door */
  static async begin(options: StreakOptions): Promise<Streak> {
    const { door, pid, build } = options;
    const program = await door.look(pid);
    if (program.target.buildId !== build.manifest.buildId)
      throw new LiveError({
        kind: 'refused',
        code: 'live-streak-other-build',
        message: `process ${pid} runs the build-id ${program.target.buildId}, not that of the first build, ${build.manifest.buildId}`,
        subject: String(pid),
        hint: 'name the build first that the process was started from',
      });
    const at = findRoom(program.mappings, program.path, roomBytes);
    if (at === undefined)
      throw new LiveError({
        kind: 'refused',
        code: 'live-streak-no-room',
        message: `process ${pid} has no ${roomBytes >> 20n} MiB of free addresses near its program`,
        subject: String(pid),
        hint: 'restart it: where its memory lies is drawn anew each time',
      });
    const generation = firstGenerationOf(build, program);
    requireOwnCode(build, program, generation, []);
    return new Streak(options, { build, generation, way: undefined }, at);
  }

  /** What runs now. */
  get current(): LiveBuild {
    return this.#last.build;
  }

  get #last(): Carried {
    const last = this.#carried.at(-1);
    if (last === undefined) throw new TypeError('a streak always has what it began with');
    return last;
  }

  /**
   * @throws LiveError those of `prepareUpdate` and of the injector; the process then runs what it ran. `live-other-code`,
   *   `live-streak-other-code`: it was updated, and is not what it had to become
   */
  async forward(next: LiveBuild, rules: Rules | undefined): Promise<StreakStep> {
    const { door, pid } = this.#options;
    const { build, generation } = this.#last;
    const program = await door.look(pid);
    const earlier = this.#carried.slice(0, -1).map((one) => one.build);
    const prepared = prepareUpdate({ earlier, former: build, next, program, generation, rules, at: this.#at });
    const way: Way = {
      there: prepared.plan,
      back: prepared.reverse,
      verdict: judgeUpdate(build, next, rules).verdict,
      functions: countJumps(prepared.plan),
    };
    const report = await this.#inject('apply', way.there);
    const end = endOf(way.there);
    if (end > this.#at) this.#at = ((end + page - 1n) / page) * page + page;
    this.#carried.push({ build: next, generation: prepared.generation, way });
    return this.#tell('forward', build, way, mappedBytes(way.there), report);
  }

  /** To the build before. @throws LiveError `live-streak-at-begin`, `live-other-code`, `live-streak-other-code`, those of the injector */
  async back(): Promise<StreakStep> {
    const { build, way } = this.#last;
    const former = this.#carried.at(-2);
    if (way === undefined || former === undefined)
      throw new LiveError({
        kind: 'usage',
        code: 'live-streak-at-begin',
        message: `process ${this.#options.pid} runs what it was started with`,
      });
    const report = await this.#inject('rollback', way.back);
    this.#carried.pop();
    return this.#tell('back', build, way, 0, report);
  }

  async #inject(mode: 'apply' | 'rollback', plan: InjectorPlan): Promise<InjectorReport> {
    const { door, maxPauseUs, findUs } = this.#options;
    const { result, givenUp } = await tryAgain(attempts, () => door.inject(mode, plan, { maxPauseUs, findUs }));
    return { ...result, retries: result.retries + givenUp };
  }

  /** The process is looked at, and has to be what it is taken for from now on. */
  async #tell(
    direction: StreakStep['direction'],
    from: LiveBuild,
    { verdict, functions }: Way,
    bytes: number,
    { pauseUs, retries }: InjectorReport,
  ): Promise<StreakStep> {
    const { door, pid, build: first } = this.#options;
    const { build: to, generation } = this.#last;
    const { buildId } = to.manifest;
    const written = this.#carried.flatMap(({ way }) => (way === undefined ? [] : changesOf(way.there)));
    requireBuild(await door.look(pid), { first, generation, written, buildId });
    return {
      direction,
      from: from.manifest.version,
      to: to.manifest.version,
      buildId,
      verdict,
      functions,
      bytes,
      pauseUs,
      retries,
    };
  }
}
