// For tests: many random programs with random changes in one pair of builds, to be cheap. What the verdict accepts is updated in the middle
// of its run; what it computes from then on must be what the next version computes that took up the same state.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type OwnBuild, OwnProgram } from '../../link/testing/own-program.ts';
import { resolveRules } from '../../rules/resolve-rules.ts';
import { parseRules } from '../../rules/rules.ts';
import { type BuildFiles, compareBuilds, readBuild } from '../compare-builds.ts';
import type { Reason } from '../reason.ts';
import { decideVerdict } from '../verdict.ts';
import { type Change, type Changed, changes } from './changes.ts';
import { type Model, randomModel, renderModel, stateLongs } from './model.ts';
import { Random } from './random.ts';

const run = promisify(execFile);
const flags = ['-g', '-O2', '-fPIE', '-ffunction-sections', '-fdata-sections', '-fcf-protection=full', '-w'];

export interface Outcome {
  readonly seed: number;
  readonly what: readonly string[];
  readonly isSafe: boolean;
  /** Codes of the reasons; empty when it was accepted. */
  readonly refused: readonly string[];
  /** Numbers that differ from the reference's; undefined when it was refused. */
  readonly wrong: string | undefined;
}

interface Case {
  readonly index: number;
  readonly seed: number;
  readonly former: Model;
  readonly next: Model;
  readonly what: readonly Change[];
  readonly rules: Required<Omit<Changed, 'model'>>;
}

/** @param index in its program: it tells its names from those of the others */
const makeCase = (index: number, seed: number): Case => {
  const random = new Random(seed);
  const former = randomModel(random);
  const rules = { members: [] as string[], keep: [] as string[], variables: [] as string[] };
  const what: Change[] = [];
  let next = former;
  for (let wanted = 1 + random.below(3); what.length < wanted; ) {
    const change = random.pick(changes);
    const made = what.includes(change) ? undefined : change.make(next, random, `c${index}_`);
    if (made === undefined) continue;
    what.push(change);
    next = made.model;
    for (const part of ['members', 'keep', 'variables'] as const) rules[part].push(...(made[part] ?? []));
  }
  return { index, seed, former, next, what, rules };
};

const dispatch = (count: number): string => `
#define EACH(n) long c##n##_work(long); void c##n##_dump(void); void c##n##_restore(void);
${Array.from({ length: count }, (_, index) => `EACH(${index})`).join('\n')}
long work(long n) {
  long (*const works[])(long) = { ${Array.from({ length: count }, (_, index) => `c${index}_work`).join(', ')} };
  void (*const dumps[])(void) = { ${Array.from({ length: count }, (_, index) => `c${index}_dump`).join(', ')} };
  void (*const restores[])(void) = { ${Array.from({ length: count }, (_, index) => `c${index}_restore`).join(', ')} };
  if (n % 1000 == 901) { dumps[n / 1000](); return 0; }
  if (n % 1000 == 902) { restores[n / 1000](); return 0; }
  return works[n / 1000](n % 1000);
}
`;

const harness = readFileSync(new URL('../../link/testdata/harness.c', import.meta.url), 'utf8');

/** Compiles each source once: most of one build are those of another. */
class Compiler {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tearless-sound-'));
  readonly #made = new Map<string, string>();
  #builds = 0;

  async build(sources: ReadonlyMap<string, string>): Promise<OwnBuild> {
    const waiting = [...sources].filter(([name, text]) => !this.#made.has(`${name} ${text}`));
    const workers = Array.from({ length: availableParallelism() }, async () => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await this.#compile(...one);
    });
    await Promise.all(workers);
    const objects = [...sources].map(([name, text]) => this.#made.get(`${name} ${text}`) ?? '');
    this.#builds += 1;
    const folder = join(this.#folder, `build${this.#builds}`);
    mkdirSync(folder);
    await run('gcc', ['-pie', '-Wl,-z,now', '-o', join(folder, 'program'), ...objects]);
    await run('ld', ['-r', '--unique', '-o', join(folder, 'whole.o'), ...objects]);
    await run('objcopy', ['--strip-debug', '--keep-file-symbols', join(folder, 'whole.o')]);
    const files: BuildFiles = {
      tor: readFileSync(join(folder, 'program')),
      object: readFileSync(join(folder, 'whole.o')),
    };
    return { folder, files, side: readBuild(files) };
  }

  async #compile(name: string, text: string): Promise<void> {
    // The same name in each build: programs know the files that they are made of.
    const folder = join(this.#folder, `object${this.#made.size}-${name}`);
    this.#made.set(`${name} ${text}`, join(folder, `${name}.o`));
    mkdirSync(folder);
    writeFileSync(join(folder, name), text);
    await run('gcc', [...flags, '-c', name, '-o', `${name}.o`], { cwd: folder });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

const caseOf = (name: string): number => Number(/\bc(\d+)[_.]/.exec(name)?.[1] ?? -1);

const sourcesOf = (cases: readonly Case[], isNext: (one: Case) => boolean): Map<string, string> =>
  new Map([
    ['harness.c', harness],
    ['dispatch.c', dispatch(cases.length)],
    ...cases.map((one): [string, string] => [
      `c${one.index}.c`,
      renderModel(one.index, isNext(one) ? one.next : one.former, one.former),
    ]),
  ]);

const rulesOf = (cases: readonly Case[]): string => {
  const lines = (part: keyof Case['rules'], indent: string): string[] =>
    cases.flatMap(({ rules }) => rules[part].map((line) => `${indent}${line}`));
  const some = (head: string, list: readonly string[]): string =>
    list.length === 0 ? '' : `${head}\n${list.join('\n')}\n`;
  return [
    'schema: tearless.live-rules/v1\n',
    some('members:', lines('members', '  ')),
    some('keep:', lines('keep', '  - ')),
    some('up:\n  variables:', lines('variables', '    ')),
  ].join('');
};

const inputs = [3, 8, 1, 6, 2, 11, 4];

/** @param seeds one a case */
export const runCases = async (seeds: readonly number[]): Promise<Outcome[]> => {
  using compiler = new Compiler();
  const cases = seeds.map((seed, index) => makeCase(index, seed));
  const former = await compiler.build(sourcesOf(cases, () => false));
  const all = await compiler.build(sourcesOf(cases, () => true));
  const refused = new Map<number, string[]>();
  const refuse = (name: string, code: string): void => {
    const index = caseOf(name);
    refused.set(index, [...(refused.get(index) ?? []), code]);
  };
  for (const { subject, code } of judge(former, all, rulesOf(cases))) refuse(subject, code);
  await using program = await OwnProgram.start(former);
  for (const { index } of cases) for (const input of inputs) await program.run(index * 1000 + input);
  const isAccepted = ({ index }: Case): boolean => !refused.has(index);
  const link = async () => {
    const accepted = cases.filter(isAccepted);
    const next = await compiler.build(sourcesOf(cases, isAccepted));
    return program.link(former, next, rulesOf(accepted));
  };
  let update = await link();
  const before = refused.size;
  const places = new Map([...program.generation.addresses].map(([key, address]) => [address, key]));
  for (const { address, former: wanted } of update.changes) {
    if (Buffer.compare(program.read(address, wanted.length), wanted) === 0) continue;
    const nearest = [...places.keys()].reduce((best, one) => (one <= address && one > best ? one : best), 0n);
    refuse(places.get(nearest) ?? '', 'written-to');
  }
  if (refused.size > before) update = await link();
  const states = new Map<number, Uint8Array>();
  for (const { index } of cases.filter(isAccepted)) {
    await program.run(index * 1000 + 901);
    states.set(index, program.read(addressOf(program, `c${index}_state`), stateLongs * 8));
  }
  await program.apply(update);
  await using reference = await OwnProgram.start(all);
  const outcomes: Outcome[] = [];
  for (const one of cases) {
    const codes = refused.get(one.index) ?? [];
    const wrong =
      codes.length > 0 ? undefined : await compareRuns(program, reference, one.index, states.get(one.index));
    const { seed, what } = one;
    outcomes.push({
      seed,
      what: what.map(({ name }) => name),
      isSafe: what.every(({ isSafe }) => isSafe),
      refused: codes,
      wrong,
    });
  }
  return outcomes;
};

const judge = (former: OwnBuild, next: OwnBuild, rules: string): Reason[] => {
  const sides = { former: former.side, next: next.side };
  const differences = compareBuilds(former.side, next.side);
  const { declared } = resolveRules(parseRules(rules, 'rules.yaml'), sides, differences, 'rules.yaml');
  return decideVerdict(differences, declared).reasons.filter(
    ({ weight }) => weight === 'refuse' || weight === 'needs-rule',
  );
};

const addressOf = (program: OwnProgram, key: string): bigint => program.generation.addresses.get(key) ?? 0n;

const compareRuns = async (
  program: OwnProgram,
  reference: OwnProgram,
  index: number,
  state: Uint8Array | undefined,
): Promise<string> => {
  const at = addressOf(reference, `c${index}_state`).toString(16);
  await reference.ask(`poke ${at} ${Buffer.from(state ?? []).toString('hex')}`);
  await reference.run(index * 1000 + 902);
  const wrong: string[] = [];
  for (const input of inputs) {
    const [is, should] = [await program.run(index * 1000 + input), await reference.run(index * 1000 + input)];
    if (is !== should) wrong.push(`${input}: ${is}, not ${should}`);
  }
  return wrong.join('; ');
};
