// C types as values: what a member, variable or function is declared as, and what a struct, union or enum consists of. Equal
// types have equal texts, whatever unit they were read from.

export type Qualifier = 'const' | 'volatile' | 'restrict' | '_Atomic';
export type DefinedTag = 'struct' | 'union' | 'enum';

export type TypeRef = { /** As C writes it, or nearly. */ readonly text: string } & (
  | { readonly kind: 'void' }
  /** `encoding` as DWARF has it: 2 boolean, 4 float, 5 signed, 6 signed char, 7 unsigned, 8 unsigned char. */
  | { readonly kind: 'base'; readonly name: string; readonly byteSize: number; readonly encoding: number }
  | { readonly kind: 'pointer'; readonly to: TypeRef }
  | { readonly kind: 'qualified'; readonly qualifier: Qualifier; readonly of: TypeRef }
  | { readonly kind: 'typedef'; readonly name: string; readonly of: TypeRef }
  /** Its definition stands in the table of definitions, if the program has one: it may be opaque. */
  | { readonly kind: 'named'; readonly tag: DefinedTag; readonly name: string }
  | { readonly kind: 'anonymous'; readonly definition: TypeDefinition }
  /** A count for each dimension; null where none is given (`[]`, or one that is computed). */
  | { readonly kind: 'array'; readonly of: TypeRef; readonly counts: readonly (number | null)[] }
  | {
      readonly kind: 'function';
      readonly returns: TypeRef;
      readonly parameters: readonly TypeRef[];
      readonly isVariadic: boolean;
    }
  /** A type that C does not have. */
  | { readonly kind: 'other' }
);

export interface Member {
  /** Null for an anonymous struct or union, whose members are as if they were the outer one's. */
  readonly name: string | null;
  /** From the beginning of the struct. Of a bit-field: of the byte that holds its first bit. */
  readonly byteOffset: number;
  /** Of a bit-field: its first bit in that byte, the lowest is 0; null for all others. */
  readonly bitOffset: number | null;
  readonly bitSize: number | null;
  readonly type: TypeRef;
}

export type TypeDefinition = {
  /** Null for one that is only known as something else's type. */
  readonly name: string | null;
  readonly byteSize: number;
  /** What its source asks for, for it or for one of its members; null where it is what the members alone make it. */
  readonly alignBytes: number | null;
  /** The whole definition; equal for equal layouts. */
  readonly text: string;
} & (
  | { readonly tag: 'struct' | 'union'; readonly members: readonly Member[] }
  | { readonly tag: 'enum'; readonly enumerators: readonly (readonly [name: string, value: number])[] }
);

export const voidType: TypeRef = { kind: 'void', text: 'void' };

/** Bytes of a value of the type; null for what has none or is not known here. @param find the definition of a named type */
export const sizeOfType = (
  type: TypeRef,
  find: (tag: DefinedTag, name: string) => TypeDefinition | undefined,
): number | null => {
  switch (type.kind) {
    case 'base':
      return type.byteSize;
    case 'pointer':
      return 8;
    case 'qualified':
    case 'typedef':
      return sizeOfType(type.of, find);
    case 'anonymous':
      return type.definition.byteSize;
    case 'named':
      return find(type.tag, type.name)?.byteSize ?? null;
    case 'array': {
      const one = sizeOfType(type.of, find);
      return one === null
        ? null
        : type.counts.reduce<number | null>((all, count) => (all === null || count === null ? null : all * count), one);
    }
    default:
      return null;
  }
};

/** The type behind typedefs and qualifiers. */
export const bareType = (type: TypeRef): TypeRef =>
  type.kind === 'typedef' || type.kind === 'qualified' ? bareType(type.of) : type;
