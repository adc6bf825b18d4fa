// For tests: what releases change, at random. Safe changes are such as a running program can take; others it cannot, or only somebody
// who knows the program can say.
import type { Model, ModelMember } from './model.ts';
import type { Random } from './random.ts';

export interface Changed {
  readonly model: Model;
  /** Lines of a rule, below `members`, `keep`, `variables`. */
  readonly members?: readonly string[];
  readonly keep?: readonly string[];
  readonly variables?: readonly string[];
}

export interface Change {
  readonly name: string;
  readonly isSafe: boolean;
  /** Undefined where it does not fit. @param p what all names of the program begin with */
  readonly make: (model: Model, random: Random, p: string) => Changed | undefined;
}

const nextId = (list: readonly { readonly id: number }[]): number => Math.max(...list.map(({ id }) => id)) + 1;
const replaceAt = <Value>(list: readonly Value[], at: number, value: Value): Value[] =>
  list.map((one, index) => (index === at ? value : one));

interface Added {
  readonly model: Model;
  readonly added: ModelMember;
  /** It lies behind the former members and before their room. */
  readonly isInGap: boolean;
}

const addMember = (model: Model, random: Random, begins: number): Added | undefined => {
  const id = nextId(model.members);
  const kind = random.pick<ModelMember['kind']>(['long', 'int', 'short', 'unsigned char', 'bits']);
  const added = { id, kind, begins, isGone: false, isNew: true };
  const members = [...model.members, added];
  const moreLongs = longsOf(members) - longsOf(model.members);
  const reserve = model.reserve - moreLongs;
  return id > 11 || reserve < 1
    ? undefined
    : { model: { ...model, members, reserve }, added, isInGap: moreLongs === 0 };
};

const bytes = { long: 8, int: 4, short: 2, 'unsigned char': 1, enum: 4, tick: 4 };
const alignTo = (value: number, to: number): number => Math.ceil(value / to) * to;

/** As compilers lay them out (psABI x86-64, "Aggregates and Unions"). */
const longsOf = (members: readonly ModelMember[]): number => {
  let at = 0;
  for (const { kind } of members) {
    if (kind !== 'bits') at = alignTo(at, bytes[kind] * 8) + bytes[kind] * 8;
    else at = ((at % 32) + 5 > 32 ? alignTo(at, 32) : at) + 5;
  }
  return alignTo(at, 64) / 64;
};

/** Which of several each of the last three is, the library chooses. */
const unasked: readonly [string, ...string[]] = [
  'a64l(WORD)',
  'strverscmp(WORD, "x9")',
  'strtoll(WORD, 0, 36)',
  'strspn(WORD, "wx")',
  'strcasecmp(WORD, "WW")',
  '(memrchr(WORD, 119, strlen(WORD)) != 0)',
];

const openVariable = (model: Model): { readonly model: Model; readonly id: number } | undefined => {
  const at = model.variables.length - 1;
  const one = model.variables[at];
  const isTaken = one?.isNew === true || one?.isOpen === true || one?.isNamed === true || one?.name !== undefined;
  if (one === undefined || isTaken) return undefined;
  const open = { ...one, isOpen: true, isNamed: true };
  return { model: { ...model, variables: replaceAt(model.variables, at, open) }, id: one.id };
};

const wayToAll = (p: string): string => `of: { from: ${p}first, through: [{ next: ${p}next }] }`;

export const changes: readonly [Change, ...Change[]] = [
  {
    name: 'what functions compute',
    isSafe: true,
    make: (model, random) => {
      const at = random.below(model.factors.length);
      return {
        model: { ...model, factors: replaceAt(model.factors, at, (model.factors[at] ?? 0) + 1 + random.below(9)) },
      };
    },
  },
  { name: 'a new function', isSafe: true, make: (model) => ({ model: { ...model, helpers: model.helpers + 1 } }) },
  {
    name: 'a function that is gone',
    isSafe: true,
    make: (model) => (model.helpers < 2 ? undefined : { model: { ...model, helpers: model.helpers - 1 } }),
  },
  {
    name: 'a renamed function',
    isSafe: true,
    make: (model) => ({ model: { ...model, helperName: `${model.helperName}_anew` } }),
  },
  {
    name: 'a function that takes one more',
    isSafe: true,
    make: (model) => ({ model: { ...model, parameters: model.parameters + 1 } }),
  },
  {
    name: 'a new variable',
    isSafe: true,
    make: (model, random) => ({
      model: {
        ...model,
        variables: [
          ...model.variables,
          { id: nextId(model.variables), type: 'long', initial: random.below(90), isNew: true },
        ],
      },
    }),
  },
  {
    name: 'other constants',
    isSafe: true,
    make: (model, random) => ({
      model: {
        ...model,
        constants: replaceAt(model.constants, random.below(model.constants.length), random.below(500)),
      },
    }),
  },
  {
    name: 'more constants',
    isSafe: true,
    make: (model, random) => ({ model: { ...model, constants: [...model.constants, random.below(500)] } }),
  },
  {
    name: 'other strings',
    isSafe: true,
    make: (model, random) => ({ model: { ...model, words: replaceAt(model.words, 1, 'x'.repeat(random.below(30))) } }),
  },
  {
    name: 'other values in a table that could be written to',
    isSafe: true,
    make: (model, random) => ({
      model: { ...model, table: replaceAt(model.table, random.below(model.table.length), random.below(900)) },
    }),
  },
  {
    name: 'a table that has grown',
    isSafe: true,
    make: (model, random) => ({ model: { ...model, table: [...model.table, random.below(900)] } }),
  },
  {
    name: 'one more enumerator',
    isSafe: true,
    make: (model) =>
      model.enumerators.length > 5
        ? undefined
        : { model: { ...model, enumerators: [...model.enumerators, `N${model.enumerators.length}`] } },
  },
  {
    name: 'a new member that begins with zero',
    isSafe: true,
    make: (model, random, p) => {
      const made = addMember(model, random, 0);
      if (made === undefined) return undefined;
      const begins = made.isInGap ? `{ value: 0, ${wayToAll(p)} }` : 'zero';
      return { model: made.model, members: [`struct ${p}object.${p}m${made.added.id}: ${begins}`] };
    },
  },
  {
    name: 'a new member that begins with a number',
    isSafe: true,
    make: (model, random, p) => {
      const begins = 1 + random.below(20);
      const made = addMember(model, random, begins);
      return (
        made && {
          model: made.model,
          members: [`struct ${p}object.${p}m${made.added.id}: { value: ${begins}, ${wayToAll(p)} }`],
        }
      );
    },
  },
  {
    name: 'a member that is gone',
    isSafe: true,
    make: (model, random) => {
      const at = random.below(model.members.length);
      const one = model.members[at];
      if (one === undefined || one.isGone || one.isNew || model.members.filter(({ isGone }) => !isGone).length < 2)
        return undefined;
      return { model: { ...model, members: replaceAt(model.members, at, { ...one, isGone: true }) } };
    },
  },
  {
    name: 'a variable that begins otherwise and is kept',
    isSafe: true,
    make: (model, random, p) => {
      const [one] = model.variables;
      if (one === undefined || one.name !== undefined || one.type !== 'long') return undefined;
      const other = { ...one, initial: one.initial + 1 + random.below(9), isNamed: true };
      return { model: { ...model, variables: replaceAt(model.variables, 0, other) }, keep: [`${p}v${one.id}`] };
    },
  },
  {
    name: 'a renamed variable whose value is carried over',
    isSafe: true,
    make: (model, _random, p) => {
      const [, one] = model.variables;
      if (one === undefined || one.name !== undefined || one.type !== 'long') return undefined;
      const other = { ...one, name: `renamed${one.id}` };
      return {
        model: { ...model, variables: replaceAt(model.variables, 1, other) },
        variables: [`${p}renamed${one.id}: { copy: ${p}v${one.id} }`],
      };
    },
  },
  {
    name: 'a number that differs by as much as lines do',
    isSafe: true,
    make: (model, random) => {
      const more = 1 + random.below(3);
      return { model: { ...model, given: model.given + more, emptyLines: model.emptyLines + more } };
    },
  },
  {
    name: 'a name of a type that stands for the same by another',
    isSafe: true,
    make: (model) => (model.tick === 'unsigned' ? { model: { ...model, tick: 'word' } } : undefined),
  },
  {
    name: 'a variable that others see, whose value is carried over',
    isSafe: true,
    make: (model, _random, p) => {
      const opened = openVariable(model);
      const key = `${p}v${opened?.id}`;
      return opened && { model: opened.model, variables: [`${key}: { copy: ${p.replace('_', '.c')}:${key} }`] };
    },
  },
  {
    name: 'a function of a library that was never called',
    isSafe: true,
    make: (model, random) => {
      const ask = random.pick(unasked);
      return model.asks.includes(ask) ? undefined : { model: { ...model, asks: [...model.asks, ask] } };
    },
  },
  {
    name: 'members in another order',
    isSafe: false,
    make: (model) => ({ model: { ...model, members: [...model.members].reverse() } }),
  },
  {
    name: 'a member of another type',
    isSafe: false,
    make: (model, random) => {
      const at = random.below(model.members.length);
      const one = model.members[at];
      if (one === undefined || one.isGone || one.kind === 'enum') return undefined;
      const kind = random.pick<ModelMember['kind']>(['long', 'int', 'short', 'unsigned char']);
      return kind === one.kind
        ? undefined
        : { model: { ...model, members: replaceAt(model.members, at, { ...one, kind }) } };
    },
  },
  {
    name: 'a struct beyond its room',
    isSafe: false,
    make: (model) => ({ model: { ...model, extra: model.extra + 1 } }),
  },
  {
    name: 'enumerators with other numbers',
    isSafe: false,
    make: (model) => ({ model: { ...model, enumerators: ['Z', ...model.enumerators.filter((name) => name !== 'Z')] } }),
  },
  {
    name: 'a variable of another type',
    isSafe: false,
    make: (model) => {
      const [one] = model.variables;
      if (one === undefined || one.isNamed) return undefined;
      return { model: { ...model, variables: replaceAt(model.variables, 0, { ...one, type: 'int' }) } };
    },
  },
  {
    name: 'a table that is counted in and begins otherwise',
    isSafe: false,
    make: (model, random) => ({ model: { ...model, counts: replaceAt(model.counts, 0, 1000 + random.below(900)) } }),
  },
  {
    name: 'a variable that begins otherwise',
    isSafe: false,
    make: (model) => {
      const one = model.variables.at(-1);
      if (one === undefined) return undefined;
      const at = model.variables.length - 1;
      return { model: { ...model, variables: replaceAt(model.variables, at, { ...one, initial: one.initial + 77 }) } };
    },
  },
  {
    name: 'a new member of which nothing is said',
    isSafe: false,
    make: (model, random) => {
      const made = addMember(model, random, 9);
      return made && { model: made.model };
    },
  },
  {
    name: 'a name of a type that stands for another of its size',
    isSafe: false,
    make: (model) =>
      model.members.some(({ kind, isGone }) => kind === 'tick' && !isGone)
        ? { model: { ...model, tick: 'float' } }
        : undefined,
  },
  {
    name: 'a variable that others see',
    isSafe: false,
    make: (model) => openVariable(model),
  },
  {
    name: 'a number of an enum that has another name',
    isSafe: false,
    make: (model) => ({ model: { ...model, enumerators: replaceAt(model.enumerators, 1, 'Y') } }),
  },
  {
    name: 'a table that has to lie at a multiple of more bytes',
    isSafe: false,
    make: (model) => ({ model: { ...model, alignBytes: 1024 } }),
  },
  {
    name: 'a function that objects hold, by another name',
    isSafe: false,
    make: (model) => ({ model: { ...model, heldName: 'other' } }),
  },
  {
    name: 'one of two functions that were one',
    isSafe: false,
    make: (model) => ({ model: { ...model, isOne: false } }),
  },
  {
    name: 'a function that objects hold, and that takes one more',
    isSafe: false,
    make: (model) => ({ model: { ...model, isHeldChanged: true } }),
  },
];
