// What takes one running process from a build to the next: judged, linked for the addresses that it has, as plans for the injector,
// forward and back. Pure.
import { ElfFile } from '@tearless/elf/elf-file.ts';
import { findUnwinder } from '../debugger/unwinder.ts';
import type { Differences } from '../diff/differences.ts';
import { listSameConstants } from '../diff/same-constants.ts';
import type { InjectorPlan } from '../inject/encode-plan.ts';
import { firstGeneration, type Generation } from '../link/generation.ts';
import { linkUpdate } from '../link/link.ts';
import type { Region } from '../link/region.ts';
import { LiveError } from '../live-error.ts';
import { listLibraryPaths, readMappedLibraries } from '../process/mapped-libraries.ts';
import { baseOf } from '../process/memory-map.ts';
import { readImports } from '../process/read-imports.ts';
import { resolveRules } from '../rules/resolve-rules.ts';
import type { Rules } from '../rules/rules.ts';
import { compareBuilds } from '../verdict/compare-builds.ts';
import type { Verdict } from '../verdict/reason.ts';
import { decideVerdict } from '../verdict/verdict.ts';
import { type EarlierBuild, findStaleRoom } from './find-stale-room.ts';
import type { LiveBuild } from './live-build.ts';
import { planInjection, planReverse } from './plan-injection.ts';
import type { RunningProgram } from './running-program.ts';

export interface PreparedUpdate {
  readonly plan: InjectorPlan;
  /** Takes the plan's changes back; what it mapped stays. */
  readonly reverse: InjectorPlan;
  /** Where everything is afterwards. */
  readonly generation: Generation;
  readonly regions: readonly Region[];
}

export interface UpdateOptions {
  /** What the process ran before that: objects of their time may live. */
  readonly earlier: readonly EarlierBuild[];
  /** What the process runs: the build that its code is of now, not what it was started from. */
  readonly former: LiveBuild;
  readonly next: LiveBuild;
  readonly program: RunningProgram;
  readonly generation: Generation;
  readonly rules: Rules | undefined;
  /** Free addresses near the program: `findRoom`. */
  readonly at: bigint;
}

/** @throws LiveError `live-verdict-refused`, `live-verdict-needs-rule`, `live-room-used`, and those of `linkUpdate` */
export const prepareUpdate = (options: UpdateOptions): PreparedUpdate => {
  const { earlier, former, next, program, generation, rules, at } = options;
  const { differences, sameConstants } = compareOnce(former, next);
  const verdict = judgeUpdate(former, next, rules);
  if (verdict.verdict === 'refuse' || verdict.verdict === 'needs-rule') throw refused(former, next, verdict);
  const stale = findStaleRoom(earlier, next, rules);
  if (stale !== undefined) throw roomUsed(former, next, stale);
  const linked = linkUpdate({
    sides: { former: former.side, next: next.side },
    rules,
    differences,
    former: generation,
    sameConstants,
    readCode: (address, lengthBytes) => program.readCode(address, lengthBytes),
    libraries: () => readMappedLibraries(program, listLibraryPaths(program.mappings)),
    unwinder: findUnwinder(program),
    at,
  });
  const plan = planInjection(linked, program.target);
  return { plan, reverse: planReverse(linked, plan), generation: linked.generation, regions: linked.regions };
};

/** What the rules make of the differences between two builds. */
export const judgeUpdate = (former: LiveBuild, next: LiveBuild, rules: Rules | undefined): Verdict => {
  const { differences } = compareOnce(former, next);
  const sides = { former: former.side, next: next.side };
  return decideVerdict(differences, resolveRules(rules, sides, differences, 'the rules').declared);
};

/** Where a process that was never updated has everything. @throws LiveError `live-program-not-mapped` */
export const firstGenerationOf = ({ files, side }: LiveBuild, program: RunningProgram): Generation => {
  const { mappings, path, target } = program;
  const base = baseOf(mappings, path);
  if (base === undefined)
    throw new LiveError({
      kind: 'protocol',
      code: 'live-program-not-mapped',
      message: `process ${target.pid} has the beginning of ${path} mapped nowhere`,
      place: 'host',
    });
  const linked = new ElfFile(files.tor);
  const imports = readImports(linked, base, (address) => pointer(program.readCode(address, 8)));
  return firstGeneration(side, linked, base, imports);
};

const pointer = (bytes: Uint8Array): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);

interface Comparison {
  readonly differences: Differences;
  readonly sameConstants: ReadonlySet<string>;
}

/** Comparing takes seconds, and a fleet takes one step many times. */
const comparisons = new WeakMap<LiveBuild['side'], WeakMap<LiveBuild['side'], Comparison>>();

export const compareOnce = ({ side: former }: LiveBuild, { side: next }: LiveBuild): Comparison => {
  const known = comparisons.get(former)?.get(next);
  if (known !== undefined) return known;
  const made = {
    differences: compareBuilds(former, next),
    sameConstants: listSameConstants(former.image, next.image),
  };
  const others = comparisons.get(former) ?? new WeakMap<LiveBuild['side'], Comparison>();
  comparisons.set(former, others.set(next, made));
  return made;
};

const roomUsed = (former: LiveBuild, next: LiveBuild, why: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-room-used',
    message: `${former.manifest.version} cannot become ${next.manifest.version} in this process: ${why}`,
    hint: 'or restart it instead',
  });

const refused = (former: LiveBuild, next: LiveBuild, { verdict, reasons }: Verdict): LiveError => {
  const grave = reasons.filter(({ weight }) => weight === verdict);
  const first = grave[0];
  const more = grave.length > 1 ? `, and ${grave.length - 1} more` : '';
  return new LiveError({
    kind: 'refused',
    code: verdict === 'refuse' ? 'live-verdict-refused' : 'live-verdict-needs-rule',
    message: `${former.manifest.version} cannot become ${next.manifest.version} while it runs: ${first === undefined ? verdict : `${first.subject}: ${first.detail}`}${more}`,
    hint:
      verdict === 'refuse'
        ? "'tearless live verdict' names everything; a drain and a restart is the way"
        : "'tearless live verdict' names everything that a rule has to say; hand the rules in with --rules",
  });
};
