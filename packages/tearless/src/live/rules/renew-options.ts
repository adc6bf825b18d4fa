// Options that a release adds, drops or changes: a tor keeps lists of all that it knows, each made once from the program's tables, and
// new tables alone change nothing. Lists are made anew, forward and back: of its own options, of the keys of its state file, and of the
// options of onion services. Objects carry a number that only their own list accepts, so a new list takes over that of the former; a
// list whose objects are gone before the program waits is dropped, and made when it is asked for. Pure.
import { bareType, type TypeRef } from '@tearless/elf/dwarf/type.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { type Contents, isEqual, ReferenceReader } from '../image/references.ts';
import type { Action, Reread } from './action.ts';
import { findVariable, functionOf, hasFunction, hasVariable, memberOf, sizeOf, structOf } from './program-names.ts';
import { resolveCall } from './resolve-call.ts';
import type { Sides } from './sides.ts';

interface KeptList {
  readonly manager: string;
  /** What the list is made from. */
  readonly tables: RegExp;
  /** Whatever is asked, the list is there afterwards. */
  readonly ask: string;
}

const moduleTable = /_options_fmt$/;
export const optionsManager = 'config.c:options_mgr';

/** Of tor itself, and of its modules. */
const options: KeptList = {
  manager: optionsManager,
  tables: /^config\.c:options_format$|_options_fmt$/,
  ask: 'option_is_recognized("DataDirectory")',
};

/** Lines of its file that it does not know stay in the one object there is. */
const state: KeptList & { readonly object: string; readonly lines: string } = {
  manager: 'statefile.c:state_mgr',
  tables: /^statefile\.c:state_format$/,
  ask: 'get_state_mgr()',
  object: 'statefile.c:global_state',
  lines: 'ExtraLines',
};

/** Objects of these are read from lines, and gone when that is done. */
const passing = [
  { manager: 'hs_config.c:hs_opts_mgr', tables: /^hs_config\.c:hs_opts_fmt$/, object: 'hs_opts_t' },
  { manager: 'hs_ob.c:config_options_mgr', tables: /^hs_ob\.c:config_format$/, object: 'ob_options_t' },
] as const;

/** What authorities keep of their shared random values, in an object that lives on: its list stays as it was. */
const random = {
  manager: 'shared_random_state.c:shared_random_state_mgr',
  tables: /^shared_random_state\.c:state_format$/,
} as const;

/** Authorities vote by their options: none is given others while it serves. Programs without their code have no such function. */
const isAuthority = 'authdir_mode';

/**
 * Of tor's own options.
 * @param side whose code runs when this happens
 * @returns nothing of a list that is the same in both builds, or that the program does not have
 */
export const renewOptions = (side: VariableSide, sides: Sides): Action[] =>
  renew(side, sides, options, {
    // What has been done to others can be undone.
    unless:
      side === sides.next && hasFunction(side, isAuthority)
        ? resolveCall(side, `${isAuthority}(get_options())`)
        : undefined,
  });

/** Of the state file and of onion services, likewise. */
export const renewOtherLists = (side: VariableSide, sides: Sides): Action[] => [
  ...renewState(side, sides),
  ...passing.flatMap((list) => drop(side, sides, list)),
];

/** Whether two builds of a tor know other options. */
export const hasOtherOptions = (sides: Sides): boolean => hasOther(sides, options.tables);

/** Modules with options of their own that only one of two builds has: objects with options have no place for what they keep. */
export const listOtherModules = ({ former, next }: Sides): string[] => {
  if (![former, next].every((side) => hasVariable(side, optionsManager))) return [];
  const [before, after] = [former, next].map(({ image }) =>
    [...image.constants.keys()].filter((key) => moduleTable.test(key)),
  );
  if (before === undefined || after === undefined || before.length === after.length) return [];
  return [...before.filter((key) => !after.includes(key)), ...after.filter((key) => !before.includes(key))];
};

/** Lists that both builds have and make otherwise, and that stay as they were in a program that runs. */
export const listKept = (sides: Sides): string[] => {
  const done = [...renewOptions(sides.next, sides), ...renewOtherLists(sides.next, sides)];
  const renewed = new Set(done.flatMap((one) => ('variable' in one ? [one.variable] : [])));
  return [options, state, ...passing, random].flatMap(({ manager, tables }) =>
    [sides.former, sides.next].every((side) => hasVariable(side, manager)) &&
    hasOther(sides, tables) &&
    !renewed.has(manager)
      ? [manager]
      : [],
  );
};

const hasOther = ({ former, next }: Sides, tables: RegExp): boolean => {
  const [before, after] = [readTables(former.image, tables), readTables(next.image, tables)];
  return (
    before.size !== after.size ||
    [...after].some(([key, is]) => {
      const was = before.get(key);
      return was === undefined || !isEqual(was, is);
    })
  );
};

const readTables = (image: ProgramImage, tables: RegExp): Map<string, Contents> => {
  const reader = new ReferenceReader(image);
  return new Map([...image.constants].flatMap(([key, piece]) => (tables.test(key) ? [[key, reader.read(piece)]] : [])));
};

type Renew = Extract<Action, { kind: 'renew' }>;

const renew = (
  side: VariableSide,
  sides: Sides,
  { manager, tables, ask }: KeptList,
  more: Partial<Pick<Renew, 'unless' | 'reread'>>,
): Action[] => {
  if (!hasVariable(side, manager) || !hasOther(sides, tables)) return [];
  const { key, type } = findVariable(side, manager);
  const list = pointedTo(side, type);
  if (list === undefined) return [];
  const [modules, magic] = [memberOf(list, 'subconfigs'), memberOf(list, 'toplevel_magic')];
  const items = pointedTo(side, modules.member.type);
  if (items === undefined) return [];
  return [
    {
      kind: 'renew',
      variable: key,
      unless: undefined,
      ask: resolveCall(side, ask),
      carried: { offset: magic.offset, sizeBytes: sizeOf(side.debug, magic.member.type) },
      counted: { listOffset: modules.offset, countOffset: memberOf(items, 'num_used').offset },
      reread: undefined,
      ...more,
    },
  ];
};

/** A program that lacks what reads its lines again goes on with the list that it has: its file would hold such lines twice. */
const renewState = (side: VariableSide, sides: Sides): Action[] => {
  const reread = findReread(side);
  return reread === undefined || !hasFunction(side, 'statefile.c:get_state_mgr')
    ? []
    : renew(side, sides, state, { reread });
};

const findReread = (side: VariableSide): Reread | undefined => {
  if (!hasVariable(side, state.object)) return undefined;
  const { key, type } = findVariable(side, state.object);
  const object = pointedTo(side, type);
  if (object === undefined) return undefined;
  const [create, write, read, assign] = [
    functionOf(side, 'config_new', 1),
    functionOf(side, 'config_dump', 5),
    functionOf(side, 'config_get_lines', 3),
    functionOf(side, 'config_assign', 5),
  ];
  if (create === undefined || write === undefined || read === undefined || assign === undefined) return undefined;
  return { object: key, linesOffset: memberOf(object, state.lines).offset, create, write, read, assign };
};

const drop = (side: VariableSide, sides: Sides, { manager, tables, object }: (typeof passing)[number]): Action[] => {
  if (!hasVariable(side, manager) || !hasOther(sides, tables) || isHeld(side, object)) return [];
  const field = { offset: 0, sizeBytes: 8, bits: undefined };
  return [{ kind: 'write', variable: findVariable(side, manager).key, steps: [], field, written: { value: 0n } }];
};

/** Whether a variable or a member may hold such an object. */
const isHeld = ({ debug }: VariableSide, object: string): boolean => {
  const is = (type: TypeRef): boolean => {
    const bare = bareType(type);
    if (bare.kind === 'pointer') return is(bare.to);
    return bare.kind === 'named' && bare.name === object;
  };
  return (
    debug.variables.some(({ type }) => is(type)) ||
    [...debug.definitions.values()].flat().some((one) => one.tag !== 'enum' && one.members.some(({ type }) => is(type)))
  );
};

const pointedTo = ({ debug }: VariableSide, type: TypeRef) => {
  const bare = bareType(type);
  return bare.kind === 'pointer' ? structOf(debug, bare.to) : undefined;
};
