// For tests: small C programs as values. Objects of one type in a list, variables, tables, an enum, functions that compute on all of them.
// A program can write its state down by name and take up what another version wrote: that is what a restart with the same state does.
import type { Random } from './random.ts';

export type Kind = 'long' | 'int' | 'short' | 'unsigned char' | 'bits' | 'enum' | 'tick';

export interface ModelMember {
  readonly id: number;
  readonly kind: Kind;
  /** Of one that the release adds: what objects that exist begin with. */
  readonly begins: number;
  /** It is in the release no more, and its place is kept. */
  readonly isGone: boolean;
  /** The change adds it. */
  readonly isNew?: boolean;
}

export interface ModelVariable {
  readonly id: number;
  /** Another name than the id gives it. */
  readonly name?: string;
  readonly type: 'long' | 'int';
  readonly initial: number;
  /** A rule names it. */
  readonly isNamed?: boolean;
  /** The change adds it. */
  readonly isNew?: boolean;
  /** Others see it. */
  readonly isOpen?: boolean;
}

export interface Model {
  readonly members: readonly ModelMember[];
  readonly reserve: number;
  /** Beyond the reserve. */
  readonly extra: number;
  readonly enumerators: readonly string[];
  readonly variables: readonly ModelVariable[];
  /** Never written to. */
  readonly table: readonly number[];
  readonly constants: readonly number[];
  /** Counted in. */
  readonly counts: readonly number[];
  readonly words: readonly string[];
  readonly factors: readonly number[];
  readonly helpers: number;
  /** How many numbers the function takes that is only called by its name. */
  readonly parameters: number;
  readonly helperName: string;
  /** The function that tables and objects hold takes one more, and is cast. */
  readonly isHeldChanged: boolean;
  /** Of the function that objects hold. */
  readonly heldName: string;
  /** What the name of a type stands for. */
  readonly tick: 'unsigned' | 'word' | 'float';
  /** At a multiple of how many bytes a table lies, which the code counts on. */
  readonly alignBytes: number;
  /** Handed to a function, and no line. */
  readonly given: number;
  /** Nothing, at the beginning of the file. */
  readonly emptyLines: number;
  /** Two functions that are one; else the first has changed. */
  readonly isOne: boolean;
  /** Functions of the C library that it calls beside `strlen`, as expressions of what they are handed. */
  readonly asks: readonly string[];
}

const kinds: readonly [Kind, ...Kind[]] = ['long', 'int', 'short', 'unsigned char', 'bits', 'enum', 'tick'];

export const randomModel = (random: Random): Model => ({
  members: Array.from({ length: 3 + random.below(4) }, (_, id) => ({
    id,
    kind: random.pick(kinds),
    begins: 0,
    isGone: false,
  })),
  reserve: 4,
  extra: 0,
  enumerators: ['A', 'B', 'C', 'D'].slice(0, 2 + random.below(3)),
  variables: Array.from({ length: 2 + random.below(2) }, (_, id) => ({ id, type: 'long', initial: random.below(50) })),
  table: Array.from({ length: 2 + random.below(4) }, () => random.below(100)),
  constants: Array.from({ length: 2 + random.below(4) }, () => random.below(100)),
  counts: Array.from({ length: 2 }, () => random.below(100)),
  words: Array.from({ length: 2 }, () => 'w'.repeat(1 + random.below(9))),
  factors: Array.from({ length: 12 }, () => 1 + random.below(30)),
  helpers: 1 + random.below(2),
  parameters: 1,
  helperName: 'helper',
  isHeldChanged: false,
  heldName: 'one',
  tick: 'unsigned',
  alignBytes: 16,
  given: 1000 + random.below(50),
  emptyLines: 0,
  isOne: true,
  asks: [],
});

export const objects = 3;
export const stateLongs = 80;
const variablesAt = 60;
const countsAt = 70;
const callsAt = 75;

const memberName = ({ id, isGone }: ModelMember, p: string): string => `${isGone ? 'tearless_gone_' : ''}${p}m${id}`;
const variableName = ({ id, name }: ModelVariable): string => name ?? `v${id}`;

/** @param former the version whose state is taken up */
export const renderModel = (index: number, model: Model, former: Model): string => {
  const p = `c${index}_`;
  const types: Record<Kind, (name: string) => string> = {
    long: (name) => `long ${name}`,
    int: (name) => `int ${name}`,
    short: (name) => `short ${name}`,
    'unsigned char': (name) => `unsigned char ${name}`,
    bits: (name) => `unsigned ${name} : 5`,
    enum: (name) => `enum ${p}kind ${name}`,
    tick: (name) => `${p}tick ${name}`,
  };
  const own = model.members.filter(({ isGone }) => !isGone);
  const factor = (at: number): number => model.factors[at % model.factors.length] ?? 1;
  const sum = own.map((one, at) => `(unsigned long)o->${memberName(one, p)} * ${factor(at)}u`).join(' + ');
  const step = own
    .map((one, at) =>
      one.kind === 'enum'
        ? `o->${memberName(one, p)} = (enum ${p}kind)((unsigned long)(o->${memberName(one, p)} + 1) % ${model.enumerators.length}u);`
        : `o->${memberName(one, p)} += ${factor(at + 3)} + n;`,
    )
    .join('\n    ');
  const list = (values: readonly (number | string)[]): string => values.join(', ');
  const extraArguments = Array.from({ length: model.parameters - 1 }, (_, at) => `, long more${at}`).join('');
  const extraValues = Array.from({ length: model.parameters - 1 }, (_, at) => `, n + ${at + 3}`).join('');
  const extraSum = Array.from({ length: model.parameters - 1 }, (_, at) => ` + more${at} * ${at + 2}`).join('');
  const heldExtra = model.isHeldChanged ? ', long given' : '';
  const knownMembers = new Map(former.members.map((one) => [one.id, one]));
  const knownVariables = new Map(former.variables.map((one) => [one.id, one]));
  const moves = former.enumerators.map((name) => model.enumerators.indexOf(name));
  const takeMember = (one: ModelMember): string => {
    const was = knownMembers.get(one.id);
    const at = `${p}state[i * 16 + ${one.id}]`;
    const value = was === undefined ? `${one.begins}` : one.kind === 'enum' ? `(enum ${p}kind)moved[${at} & 7]` : at;
    return `o->${memberName(one, p)} = ${value};`;
  };
  const one = `${p}${model.heldName}`;
  return `${'\n'.repeat(model.emptyLines)}#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
typedef unsigned ${p}word;
typedef ${model.tick === 'word' ? `${p}word` : model.tick} ${p}tick;
enum ${p}kind { ${model.enumerators.map((name) => `${p}${name}`).join(', ')} };
struct ${p}object {
  struct ${p}object *${p}next;
  long (*${p}held)(struct ${p}object *, long);
  ${model.members.map((one) => `${types[one.kind](memberName(one, p))};`).join('\n  ')}
  ${model.reserve > 0 ? `unsigned long tearless_reserve[${model.reserve}];` : ''}
  ${model.extra > 0 ? `long ${p}extra[${model.extra}];` : ''}
};
long ${p}state[${stateLongs}];
static struct ${p}object *${p}first;
${model.variables.map((one) => `${one.isOpen === true ? '' : 'static '}${one.type} ${p}${variableName(one)} = ${one.initial};`).join('\n')}
static long ${p}table[] = { ${list(model.table)} };
static const long ${p}constants[] = { ${list(model.constants)} };
static long ${p}counts[] = { ${list(model.counts)} };
static long ${p}lane[4] __attribute__((aligned(${model.alignBytes})));
__attribute__((noinline)) static long ${p}rest(const void *at) { asm("" : "+r"(at)); return (long)((unsigned long)at % ${model.alignBytes}u); }
__attribute__((noinline)) long ${p}take(long n, int given) { asm("" : "+r"(given)); return n * given; }
__attribute__((noinline)) long ${p}give(long n) { return ${p}take(n, ${model.given}) + 1; }
__attribute__((noinline)) long ${p}left(long n) { return n * ${model.isOne ? 3 : 4}; }
${model.isOne ? `long ${p}right(long) __attribute__((alias("${p}left")));` : `__attribute__((noinline)) long ${p}right(long n) { return n * 3; }`}
static const char *const ${p}words[] = { ${list(model.words.map((word) => JSON.stringify(word)))} };
__attribute__((noinline)) static long *${p}calls(void) { static long calls = 1; return &calls; }
__attribute__((noinline)) static unsigned long ${p}${model.helperName}(unsigned long n) { return n * ${factor(7)}u + ${p}constants[n % ${model.constants.length}u]; }
${Array.from({ length: model.helpers }, (_, at) => `__attribute__((noinline)) unsigned long ${p}more${at}(unsigned long n) { return n * ${at + 3}u + strlen(${p}words[n % ${model.words.length}u]); }`).join('\n')}
__attribute__((noinline)) long ${p}apart(struct ${p}object *o, long n${extraArguments}) { return (long)(${sum}) + n${extraSum}; }
__attribute__((noinline)) long ${one}(struct ${p}object *o, long n${heldExtra}) { return (long)${p}${model.helperName}(n + (unsigned long)(${sum})) + ++*${p}calls()${model.isHeldChanged ? ' + given % 7' : ''}; }
__attribute__((noinline)) long ${p}two(struct ${p}object *o, long n) { return ${p}apart(o, n * ${factor(8)}${extraValues}) + ${p}table[(unsigned long)n % ${model.table.length}u]; }
typedef long (*${p}step)(struct ${p}object *, long);
static ${p}step ${p}steps[] = { (${p}step)${one}, ${p}two };
static void ${p}start(void) {
  for (int i = ${objects - 1}; i >= 0; i--) {
    struct ${p}object *o = calloc(1, sizeof *o);
    ${own.map((one, at) => `o->${memberName(one, p)} = ${one.kind === 'enum' ? `(enum ${p}kind)(i % ${model.enumerators.length})` : `i * ${at + 3} + 1`};`).join(' ')}
    o->${p}held = i & 1 ? ${p}two : (${p}step)${one};
    o->${p}next = ${p}first;
    ${p}first = o;
  }
}
long ${p}work(long n) {
  if (!${p}first) ${p}start();
  unsigned long all = 7;
  for (struct ${p}object *o = ${p}first; o; o = o->${p}next) {
    all = all * 31 + (unsigned long)o->${p}held(o, n) + (unsigned long)${p}steps[n & 1](o, n);
    ${step}
  }
  ${Array.from({ length: model.helpers }, (_, at) => `all += ${p}more${at}(all % 1000);`).join('\n  ')}
  ${model.asks.map((ask) => `all += (unsigned long)${ask.replaceAll('WORD', `${p}words[all & 1]`)};`).join('\n  ')}
  ${model.variables.map((one, at) => `all += (unsigned long)(${p}${variableName(one)} += ${factor(at + 9)});`).join('\n  ')}
  all += (unsigned long)(${p}give(n) + ${p}rest(${p}lane) + ++${p}lane[n & 3] - ${p}lane[n & 3] + ${p}left(n) + 5 * ${p}right(n));
  return (long)((all + (unsigned long)${p}counts[n & 1]++) % 1000000007u);
}
void ${p}dump(void) {
  int i = 0;
  for (struct ${p}object *o = ${p}first; o; o = o->${p}next, i++) {
    ${own.map((one) => `${p}state[i * 16 + ${one.id}] = (long)o->${memberName(one, p)};`).join(' ')}
    ${p}state[i * 16 + 15] = o->${p}held == ${p}two;
  }
  ${model.variables.map((one) => `${p}state[${variablesAt + one.id}] = ${p}${variableName(one)};`).join(' ')}
  ${p}state[${countsAt}] = ${p}counts[0]; ${p}state[${countsAt + 1}] = ${p}counts[1];
  ${p}state[${callsAt}] = *${p}calls();
}
void ${p}restore(void) {
  static const int moved[8] = { ${list(moves.map((at) => Math.max(0, at)))} };
  (void)moved;
  if (!${p}first) ${p}start();
  int i = 0;
  for (struct ${p}object *o = ${p}first; o; o = o->${p}next, i++) {
    ${own.map(takeMember).join(' ')}
    o->${p}held = ${p}state[i * 16 + 15] ? ${p}two : (${p}step)${one};
  }
  ${model.variables.flatMap((one) => (knownVariables.has(one.id) ? [`${p}${variableName(one)} = ${p}state[${variablesAt + one.id}];`] : [])).join(' ')}
  ${p}counts[0] = ${p}state[${countsAt}]; ${p}counts[1] = ${p}state[${countsAt + 1}];
  *${p}calls() = ${p}state[${callsAt}];
}
`;
};
