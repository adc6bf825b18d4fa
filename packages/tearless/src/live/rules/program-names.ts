// What a rule names, found in the debug information of a build: types, members, variables, functions, enumerators. Pure.
import { type DebugFunction, type DebugInfo, findDefinition } from '@tearless/elf/dwarf/debug-info.ts';
import { bareType, type Member, sizeOfType, type TypeDefinition, type TypeRef } from '@tearless/elf/dwarf/type.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import { functionKey, variableKey } from '../image/local-names.ts';
import type { Field } from './action.ts';

export type StructDefinition = Extract<TypeDefinition, { tag: 'struct' | 'union' }>;

export interface FoundStruct {
  /** `struct NAME`, `union NAME`, `typedef NAME`. */
  readonly key: string;
  readonly definition: StructDefinition;
}

export interface FoundMember {
  readonly member: Member;
  /** From the beginning of the struct. */
  readonly offset: number;
}

/** @throws Error that says what is missing, as all of these */
export const findStruct = (debug: DebugInfo, name: string): FoundStruct => {
  const keys = name.includes(' ') ? [name] : [`struct ${name}`, `typedef ${name}`];
  for (const key of keys) {
    const [tag = '', word = ''] = key.split(' ');
    if (tag !== 'struct' && tag !== 'union' && tag !== 'typedef') continue;
    const definition = findDefinition(debug, tag, word);
    if (definition !== undefined && definition.tag !== 'enum') return { key, definition };
    if ((debug.definitions.get(key)?.length ?? 0) > 1) throw new Error(`source files disagree about ${key}`);
  }
  throw new Error(`there is no ${keys[0]}`);
};

/** The struct that a type is; undefined where it is none, or is not known. */
export const structOf = (debug: DebugInfo, type: TypeRef): FoundStruct | undefined => {
  if (type.kind === 'qualified') return structOf(debug, type.of);
  if (type.kind === 'typedef') {
    const { of } = type;
    if (of.kind !== 'anonymous') return structOf(debug, of);
    return of.definition.tag === 'enum' ? undefined : { key: `typedef ${type.name}`, definition: of.definition };
  }
  if (type.kind === 'anonymous' && type.definition.tag !== 'enum')
    return { key: 'struct without a name', definition: type.definition };
  if (type.kind !== 'named') return undefined;
  const definition = findDefinition(debug, type.tag, type.name);
  if (definition === undefined || definition.tag === 'enum') return undefined;
  return { key: `${type.tag} ${type.name}`, definition };
};

/** Members of anonymous structs and unions count as the outer one's. */
export const findMember = (definition: StructDefinition, name: string): FoundMember | undefined => {
  for (const member of definition.members) {
    if (member.name === name) return { member, offset: member.byteOffset };
    if (member.name !== null || member.type.kind !== 'anonymous' || member.type.definition.tag === 'enum') continue;
    const inner = findMember(member.type.definition, name);
    if (inner !== undefined) return { ...inner, offset: inner.offset + member.byteOffset };
  }
  return undefined;
};

/** @throws Error */
export const memberOf = ({ key, definition }: FoundStruct, name: string): FoundMember => {
  const found = findMember(definition, name);
  if (found === undefined) throw new Error(`${key} has no member ${name}`);
  return found;
};

export const sizeOf = (debug: DebugInfo, type: TypeRef): number => {
  const size = sizeOfType(type, (tag, name) => findDefinition(debug, tag, name));
  if (size === null) throw new Error(`the size of ${type.text} is not known`);
  return size;
};

const storageSizes = [1, 2, 4, 8];

/** Where a member's number lies. A bit-field is read within what its type stores, since that is what belongs to the struct. */
export const fieldOf = (debug: DebugInfo, { member, offset }: FoundMember): Field => {
  const sizeBytes = sizeOf(debug, member.type);
  const { bitOffset, bitSize } = member;
  if (bitOffset === null || bitSize === null) return { offset, sizeBytes, bits: undefined };
  for (const size of storageSizes.filter((one) => one >= sizeBytes)) {
    const begin = Math.floor(offset / size) * size;
    const from = (offset - begin) * 8 + bitOffset;
    if (from + bitSize <= size * 8) return { offset: begin, sizeBytes: size, bits: { from, count: bitSize } };
  }
  throw new Error(`${member.name ?? 'a bit-field'} lies across more than eight bytes`);
};

/** Whether numbers may be written to it. */
export const isNumber = (type: TypeRef): boolean => {
  const bare = bareType(type);
  const float = 4;
  if (bare.kind === 'base') return bare.encoding !== float && storageSizes.includes(bare.byteSize);
  return (
    (bare.kind === 'named' && bare.tag === 'enum') || (bare.kind === 'anonymous' && bare.definition.tag === 'enum')
  );
};

/** DW_ATE_signed and _signed_char (DWARF 5, 7.8). */
export const isSigned = (type: TypeRef): boolean => {
  const bare = bareType(type);
  return bare.kind === 'base' && (bare.encoding === 5 || bare.encoding === 6);
};

/** DW_ATE_boolean, as `_Bool` is: anything but zero is stored as 1. */
export const isTruth = (type: TypeRef): boolean => {
  const bare = bareType(type);
  return bare.kind === 'base' && bare.encoding === 2;
};

/** @throws Error for none, or several that say otherwise */
export const enumeratorValue = (debug: DebugInfo, type: TypeRef, name: string): bigint => {
  const bare = bareType(type);
  const own =
    bare.kind === 'named' && bare.tag === 'enum'
      ? (debug.definitions.get(bare.text) ?? [])
      : bare.kind === 'anonymous'
        ? [bare.definition]
        : [...debug.definitions.values()].flat();
  const values = new Set(
    own.flatMap((one) =>
      one.tag === 'enum' ? one.enumerators.flatMap(([word, value]) => (word === name ? [value] : [])) : [],
    ),
  );
  const [value] = values;
  if (value === undefined)
    throw new Error(`there is no enumerator ${name}; what a macro stands for has to be written out`);
  if (values.size > 1) throw new Error(`there are several enumerators ${name}`);
  return BigInt(value);
};

export interface FoundVariable {
  readonly key: string;
  readonly type: TypeRef;
  readonly sizeBytes: number;
}

/** `NAME` alone finds what one source file only sees, if there is but one. */
const matches = (key: string, name: string): boolean => key === name || key.endsWith(`:${name}`);

export const hasVariable = ({ image }: VariableSide, name: string): boolean =>
  [...image.writable.keys()].some((key) => matches(key, name));

/** @throws Error */
export const findVariable = ({ debug, image }: VariableSide, name: string): FoundVariable => {
  const found = new Map<string, FoundVariable>();
  for (const variable of debug.variables) {
    const key = variableKey(variable);
    const piece = image.writable.get(key);
    if (piece !== undefined && matches(key, name))
      found.set(key, { key, type: variable.type, sizeBytes: piece.sizeBytes });
  }
  const exact = found.get(name);
  if (exact !== undefined) return exact;
  const [first, second] = found.values();
  if (first === undefined) throw new Error(`there is no variable ${name}`);
  if (second !== undefined) throw new Error(`there are several variables ${name}: ${[...found.keys()].join(', ')}`);
  return first;
};

export interface FoundFunction {
  readonly key: string;
  readonly function: DebugFunction;
}

/** With code of its own. */
export const hasFunction = ({ image }: VariableSide, name: string): boolean =>
  [...image.functions.keys()].some((key) => matches(key, name));

/** @throws Error */
export const findFunction = ({ debug, image }: VariableSide, name: string): FoundFunction => {
  const all = debug.functions.filter((one) => matches(functionKey(one), name));
  const found = new Map(
    all.flatMap((one) => {
      const key = functionKey(one);
      return image.functions.has(key) ? [[key, { key, function: one }] as const] : [];
    }),
  );
  const exact = found.get(name);
  if (exact !== undefined) return exact;
  const [first, second] = found.values();
  if (second !== undefined) throw new Error(`there are several functions ${name}: ${[...found.keys()].join(', ')}`);
  if (first !== undefined) return first;
  throw new Error(
    all.length > 0
      ? `${name} has no code of its own: it is part of its callers`
      : `there is no function ${name} in the program; functions of libraries cannot be called by a rule`,
  );
};

/** Its key; undefined where there is none that takes so many parameters. */
export const functionOf = (side: VariableSide, name: string, parameters: number): string | undefined => {
  if (!hasFunction(side, name)) return undefined;
  const { key, function: found } = findFunction(side, name);
  return found.type.kind === 'function' && found.type.parameters.length === parameters ? key : undefined;
};
