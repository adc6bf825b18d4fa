// Which structs of a release get room for members of later ones, and what that costs: those that live on the heap or in variables,
// as the text says, and none of which the layout is somebody else's business or whose instances are too many, as debug information
// says. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import { bareType, type Member, sizeOfType, type TypeDefinition, type TypeRef } from '@tearless/elf/dwarf/type.ts';
import { changedByReleases, countedThings, fewLongs, managedStructs, veryMany } from './reserve-facts.ts';
import { listAllocated, listComparedWhole, listUnzeroed } from './source-uses.ts';

export interface StructChoice {
  /** Why a struct stays as it is; undefined for one that gets room. */
  readonly whyLeft: (struct: string) => string | undefined;
  /** Bytes more for each, beside what there was. */
  readonly costs: readonly { readonly what: string; readonly bytes: number; readonly moreBytes: number }[];
}

/** Elements of an array in a struct: room in each would multiply. */
const mostInArray = 4;

type Struct = Extract<TypeDefinition, { tag: 'struct' | 'union' }>;

/** @param sources texts of the release, C and headers. @param longs of room in each struct */
export const chooseStructs = (
  { definitions }: Pick<DebugInfo, 'definitions'>,
  sources: readonly string[],
  longs: number,
): StructChoice => {
  const find = (tag: string, name: string): TypeDefinition | undefined => definitions.get(`${tag} ${name}`)?.[0];
  const structs = new Map<string, Struct>();
  for (const [key, [definition]] of definitions)
    if (key.startsWith('struct ') && definition?.tag === 'struct') structs.set(key.slice('struct '.length), definition);
  const uses = collectUses(structs.values(), [...definitions.values()].flat());
  const allocated = containedIn([...listAllocated(sources), ...managedStructs], structs);
  const compared = listComparedWhole(sources);
  const unzeroed = containedIn([...listUnzeroed(sources)], structs);
  const roomBytes = longs * 8;
  const left = new Map<string, string>();
  for (const [name, struct] of structs) {
    const many = veryMany.get(name);
    const inArray = uses.inArray.get(name) ?? 1;
    const why =
      many !== undefined
        ? `very many: ${many}`
        : compared.has(name)
          ? 'compared or hashed as a whole'
          : unzeroed.has(name)
            ? 'not zeroed wherever it is made'
            : isPacked(struct, find)
              ? 'packed'
              : uses.overBytes.has(name)
                ? 'in a union with bytes'
                : isBytesOnly(struct, find)
                  ? 'nothing but bytes, as on the wire or on disk'
                  : inArray > mostInArray
                    ? `${inArray} of them in a row`
                    : changedByReleases.has(name)
                      ? undefined
                      : !allocated.has(name)
                        ? 'never on the heap nor in a variable'
                        : struct.byteSize <= roomBytes
                          ? 'smaller than its room would be'
                          : undefined;
    if (why !== undefined) left.set(name, why);
  }
  const growth = (name: string): number => {
    const struct = structs.get(name);
    const own = struct === undefined || left.has(name) ? 0 : Math.min(fewLongs.get(name) ?? longs, longs) * 8;
    return own + (struct === undefined ? 0 : sum(parts(struct).map((part) => growth(part.name) * part.count)));
  };
  const costs = countedThings.map(([what, names]) => ({
    what,
    bytes: sum(names.map((name) => structs.get(name)?.byteSize ?? 0)),
    moreBytes: sum(names.map(growth)),
  }));
  return {
    whyLeft: (name) => (structs.has(name) ? left.get(name) : 'its header cannot be read beside all others'),
    costs: costs.filter(({ bytes }) => bytes > 0),
  };
};

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

interface Part {
  readonly name: string;
  readonly count: number;
}

/** Structs that lie in a type itself, not behind pointers. Of a union's parts all are listed. */
const partsOf = (type: TypeRef, count = 1): Part[] => {
  const bare = bareType(type);
  switch (bare.kind) {
    case 'named':
      return bare.tag === 'struct' ? [{ name: bare.name, count }] : [];
    case 'anonymous':
      return bare.definition.tag === 'enum'
        ? []
        : bare.definition.members.flatMap((member) => partsOf(member.type, count));
    case 'array':
      return partsOf(bare.of, count * bare.counts.reduce<number>((all, one) => all * (one ?? 1), 1));
    default:
      return [];
  }
};

const parts = ({ members }: Struct): Part[] => members.flatMap(({ type }) => partsOf(type));

/** With what lies in them, and in that. */
const containedIn = (names: readonly string[], structs: ReadonlyMap<string, Struct>): Set<string> => {
  const all = new Set<string>();
  const add = (name: string): void => {
    const struct = structs.get(name);
    if (struct === undefined || all.has(name)) return;
    all.add(name);
    for (const part of parts(struct)) add(part.name);
  };
  for (const name of names) add(name);
  return all;
};

const collectUses = (structs: Iterable<Struct>, definitions: readonly TypeDefinition[]) => {
  const inArray = new Map<string, number>();
  const overBytes = new Set<string>();
  for (const struct of structs)
    for (const { name, count } of parts(struct)) inArray.set(name, Math.max(inArray.get(name) ?? 1, count));
  for (const definition of definitions) markOverlays(definition, overBytes);
  return { inArray, overBytes };
};

const markOverlays = (definition: TypeDefinition, overBytes: Set<string>): void => {
  if (definition.tag === 'enum') return;
  if (definition.tag === 'union' && definition.members.some(({ type }) => isByteArray(type)))
    for (const { name } of parts(definition)) overBytes.add(name);
  for (const { type } of definition.members) {
    const bare = bareType(type);
    if (bare.kind === 'anonymous') markOverlays(bare.definition, overBytes);
  }
};

const isByte = (type: TypeRef): boolean => {
  const bare = bareType(type);
  return bare.kind === 'base' && bare.byteSize === 1;
};

const isByteArray = (type: TypeRef): boolean => {
  const bare = bareType(type);
  return bare.kind === 'array' && isByte(bare.of);
};

type Find = (tag: string, name: string) => TypeDefinition | undefined;

const isBytesOnly = ({ members }: Struct, find: Find): boolean =>
  members.length > 0 &&
  members.every(({ type }) => {
    const bare = bareType(type);
    const inner = bare.kind === 'named' ? find(bare.tag, bare.name) : undefined;
    return isByteArray(type) || (inner !== undefined && inner.tag !== 'enum' && isBytesOnly(inner, find));
  });

/** A member lies where its type alone would not put it. */
const isPacked = ({ members }: Struct, find: Find): boolean =>
  members.some((member) => member.bitSize === null && member.byteOffset % alignmentOf(member, find) !== 0);

const alignmentOf = ({ type }: Pick<Member, 'type'>, find: Find): number => {
  const bare = bareType(type);
  if (bare.kind === 'array') return alignmentOf({ type: bare.of }, find);
  if (bare.kind !== 'base' && bare.kind !== 'pointer') return 1;
  const bytes = sizeOfType(bare, find);
  return bytes === null || bytes < 1 ? 1 : Math.min(8, bytes);
};
