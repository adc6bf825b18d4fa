// Options that a release adds, each with the member it is kept in: a release says itself what they begin with, in the tables that its list
// is made from. Members that hold no pointer take that from tor's own code, once its list is made anew. Pure.
import { findDefinition } from '@tearless/elf/dwarf/debug-info.ts';
import { bareType, type TypeRef } from '@tearless/elf/dwarf/type.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import { ReferenceReader } from '../image/references.ts';
import type { Action } from './action.ts';
import { type FoundStruct, findFunction, findStruct, hasFunction, hasVariable, memberOf } from './program-names.ts';
import { optionsManager, renewsOptions } from './renew-options.ts';
import type { Sides } from './resolve-rules.ts';

export interface NewOption {
  readonly name: string;
  /** `struct NAME.MEMBER`. */
  readonly member: string;
}

/** What a tor goes by, and what that is compared with when it is written down. */
const [inForce, atFirst] = ['config.c:global_options', 'config.c:global_default_options'];

/** Where tables of options stand, and the struct that each is of. */
const tables: readonly (readonly [table: RegExp, struct: (found: RegExpExecArray) => string])[] = [
  [/^config\.c:option_vars_$/, () => 'or_options_t'],
  [/:(\w+_options_t)_vars$/, ([, name = '']) => name],
];

/** @returns those whose members a tor that runs can be given what the release says; none where its list is not made anew */
export const listNewOptions = (sides: Sides): NewOption[] => {
  const { former, next } = sides;
  if (!renewsOptions(next, sides) || findReset(next) === undefined) return [];
  const known = new Set(listOptions(former).map(({ name }) => name));
  return listOptions(next).filter(({ name }) => !known.has(name));
};

/** Has tor give options what its list says, as RESETCONF does. @param names at least one */
export const resetOptions = (side: VariableSide, names: readonly string[]): Action[] => {
  const found = findReset(side);
  if (found === undefined || names.length === 0) return [];
  return [{ kind: 'reset', ...found, lines: names.map((name) => `${name}\n`).join('') }];
};

const findReset = (side: VariableSide): Omit<Extract<Action, { kind: 'reset' }>, 'kind' | 'lines'> | undefined => {
  const [read, assign] = ['config_get_lines', 'config_assign'];
  if (![read, assign].every((name) => hasFunction(side, name)) || !hasVariable(side, inForce)) return undefined;
  return {
    manager: optionsManager,
    objects: [inForce, ...(hasVariable(side, atFirst) ? [atFirst] : [])],
    read: findFunction(side, read).key,
    assign: findFunction(side, assign).key,
  };
};

const listOptions = (side: VariableSide): NewOption[] => {
  const { debug, image } = side;
  if (findDefinition(debug, 'struct', 'config_var_t') === undefined) return [];
  const [entry, inner] = [findStruct(debug, 'config_var_t'), findStruct(debug, 'struct_member_t')];
  const base = memberOf(entry, 'member').offset;
  const [nameAt, placeAt] = [memberOf(inner, 'name').offset, memberOf(inner, 'offset').offset].map((one) => base + one);
  const reader = new ReferenceReader(image);
  return [...image.constants].flatMap(([key, piece]) => {
    const struct = structOfTable(side, key);
    if (struct === undefined) return [];
    const { bytes, references } = reader.read(piece);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const texts = new Map(references.map(({ offset, to }) => [offset, to]));
    const { byteSize } = entry.definition;
    return Array.from({ length: Math.floor(bytes.length / byteSize) }, (_, index) => index * byteSize).flatMap((at) => {
      const text = texts.get(at + (nameAt ?? 0));
      if (text?.startsWith('"') !== true) return [];
      const member = plainMemberAt(struct, Number(view.getBigInt64(at + (placeAt ?? 0), true)));
      return member === undefined ? [] : [{ name: String(JSON.parse(text)), member: `${struct.key}.${member}` }];
    });
  });
};

const structOfTable = ({ debug }: VariableSide, key: string): FoundStruct | undefined => {
  for (const [table, struct] of tables) {
    const found = table.exec(key);
    const name = found === null ? undefined : struct(found);
    if (name !== undefined && findDefinition(debug, 'struct', name) !== undefined) return findStruct(debug, name);
  }
  return undefined;
};

/** Whatever stood there is written over; of a pointer, what it led to would be freed. */
const isPlain = (type: TypeRef): boolean => {
  const bare = bareType(type);
  return (
    bare.kind === 'base' ||
    (bare.kind === 'named' && bare.tag === 'enum') ||
    (bare.kind === 'anonymous' && bare.definition.tag === 'enum')
  );
};

const plainMemberAt = ({ definition }: FoundStruct, offset: number): string | undefined => {
  const search = (members: FoundStruct['definition']['members'], from: number): string | undefined => {
    for (const { name, type, byteOffset, bitSize } of members) {
      const at = from + byteOffset;
      if (name === null && type.kind === 'anonymous' && type.definition.tag !== 'enum') {
        const found = search(type.definition.members, at);
        if (found !== undefined) return found;
      } else if (name !== null && at === offset && bitSize === null && isPlain(type)) return name;
    }
    return undefined;
  };
  return search(definition.members, 0);
};
