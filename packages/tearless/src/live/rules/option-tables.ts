// The tables of options as a build has them: what each option is called and where it is kept, and which names stand for another. Pure.
import { findDefinition } from '@tearless/elf/dwarf/debug-info.ts';
import { bareType, type TypeRef } from '@tearless/elf/dwarf/type.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import { ReferenceReader } from '../image/references.ts';
import { type FoundStruct, findStruct, memberOf } from './program-names.ts';

export interface ListedOption {
  readonly name: string;
  /** Undefined where it has none of its own that is a number. */
  readonly member: { readonly struct: string; readonly name: string } | undefined;
}

/** Tor's own and those of its modules, and the struct that each is of. */
const tables: readonly (readonly [table: RegExp, struct: (found: RegExpExecArray) => string])[] = [
  [/^config\.c:option_vars_$/, () => 'or_options_t'],
  [/:(\w+_options_t)_vars$/, ([, name = '']) => name],
];

export const listOptions = (side: VariableSide): ListedOption[] => {
  if (!hasStruct(side, 'config_var_t')) return [];
  const [entry, inner] = [findStruct(side.debug, 'config_var_t'), findStruct(side.debug, 'struct_member_t')];
  const base = memberOf(entry, 'member').offset;
  const [nameAt, placeAt] = [base + memberOf(inner, 'name').offset, base + memberOf(inner, 'offset').offset];
  return tables.flatMap(([table, structName]) =>
    [...side.image.constants.keys()].flatMap((key) => {
      const found = table.exec(key);
      if (found === null) return [];
      const name = structName(found);
      const struct = hasStruct(side, name) ? findStruct(side.debug, name) : undefined;
      return readEntries(side, key, entry).flatMap(({ text, number }): ListedOption[] => {
        const option = text(nameAt);
        if (option === undefined) return [];
        const member = struct === undefined ? undefined : plainMemberAt(struct, number(placeAt));
        return [{ name: option, member: member === undefined ? undefined : { struct: name, name: member } }];
      });
    }),
  );
};

/** Names that stand for an option, as a renamed one keeps its former name. */
export const listAliases = (side: VariableSide): { readonly alias: string; readonly option: string }[] => {
  if (!hasStruct(side, 'config_abbrev_t')) return [];
  const entry = findStruct(side.debug, 'config_abbrev_t');
  const [aliasAt, optionAt] = [memberOf(entry, 'abbreviated').offset, memberOf(entry, 'full').offset];
  return readEntries(side, 'config.c:option_abbrevs_', entry).flatMap(({ text }) => {
    const [alias, option] = [text(aliasAt), text(optionAt)];
    return alias === undefined || option === undefined ? [] : [{ alias, option }];
  });
};

const hasStruct = ({ debug }: VariableSide, name: string): boolean =>
  findDefinition(debug, 'struct', name) !== undefined;

interface Entry {
  /** Of what a pointer leads to. */
  readonly text: (offset: number) => string | undefined;
  readonly number: (offset: number) => number;
}

const readEntries = ({ image }: VariableSide, key: string, { definition }: FoundStruct): Entry[] => {
  const table = image.constants.get(key);
  if (table === undefined) return [];
  const { bytes, references } = new ReferenceReader(image).read(table);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts = new Map(references.flatMap(({ offset, to }) => (to.startsWith('"') ? [[offset, to]] : [])));
  return Array.from({ length: Math.floor(bytes.length / definition.byteSize) }, (_, index) => {
    const at = index * definition.byteSize;
    return {
      text: (offset) => {
        const text = texts.get(at + offset);
        return text === undefined ? undefined : String(JSON.parse(text));
      },
      number: (offset) => Number(view.getBigInt64(at + offset, true)),
    };
  });
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
