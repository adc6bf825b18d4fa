// What another version of the program has made of one type. Offsets, bits and types of members count, never sizes alone: a struct may
// keep its size and have all its members elsewhere. Pure.
import {
  bareType,
  type DefinedTag,
  type Member,
  sizeOfType,
  type TypeDefinition,
  type TypeRef,
} from '@tearless/elf/dwarf/type.ts';

export type TypeChange =
  | { readonly kind: 'size'; readonly formerBytes: number; readonly nextBytes: number }
  /** More than it had: new code may count on it in objects that have less. Null where its members alone said. */
  | { readonly kind: 'alignment'; readonly formerBytes: number | null; readonly nextBytes: number }
  /** A name that stands for another type. */
  | { readonly kind: 'retyped'; readonly former: string; readonly next: string }
  /**
   * `in`: what was set aside for it, or where the former had nothing between its members, which nobody need have zeroed. `instead`: what
   * the former had by its name, elsewhere.
   */
  | {
      readonly kind: 'member-added';
      readonly member: string;
      readonly in: 'room' | 'gap' | undefined;
      readonly instead?: string;
    }
  /** `isPointer`: what it may own is left behind. */
  | { readonly kind: 'member-removed'; readonly member: string; readonly isPointer: boolean }
  | { readonly kind: 'member-moved'; readonly member: string; readonly former: string; readonly next: string }
  | { readonly kind: 'member-retyped'; readonly member: string; readonly former: string; readonly next: string }
  /** An integer of as many bytes, which has a sign now, or none any more. */
  | { readonly kind: 'member-sign'; readonly member: string; readonly former: string; readonly next: string }
  | { readonly kind: 'enumerator-added'; readonly name: string; readonly value: number }
  | { readonly kind: 'enumerator-removed'; readonly name: string; readonly value: number }
  | { readonly kind: 'enumerator-changed'; readonly name: string; readonly former: number; readonly next: number }
  /** Its number has another name, that was not there before: whether that means the same nobody can see. */
  | { readonly kind: 'enumerator-replaced'; readonly name: string; readonly next: string; readonly value: number }
  /** Source files of one program disagree about it, so it cannot be compared. */
  | { readonly kind: 'ambiguous' };

/** Space that an update-ready build sets aside in a struct. */
const reserveName = /^tearless_reserve/;
/** A member that is in the releases no more, and whose place is kept. */
const goneName = /^tearless_gone_/;
const isOurs = (name: string): boolean => reserveName.test(name) || goneName.test(name);

export type FindType = (tag: DefinedTag, name: string) => TypeDefinition | undefined;

/** @param find types of the former */
export const diffDefinition = (former: TypeDefinition, next: TypeDefinition, find: FindType): TypeChange[] => {
  if (former.tag === 'enum' || next.tag === 'enum')
    return former.tag === 'enum' && next.tag === 'enum' ? diffEnumerators(former, next) : [{ kind: 'ambiguous' }];
  const size: TypeChange[] =
    former.byteSize === next.byteSize ? [] : [{ kind: 'size', formerBytes: former.byteSize, nextBytes: next.byteSize }];
  const { alignBytes: alignedTo } = next;
  const alignment: TypeChange[] =
    alignedTo === null || alignedTo <= (former.alignBytes ?? 0)
      ? []
      : [{ kind: 'alignment', formerBytes: former.alignBytes, nextBytes: alignedTo }];
  const [before, after] = [flatten(former.members), flatten(next.members)];
  const taken = [...before].flatMap(([name, member]) => (reserveName.test(name) ? [] : [bitsOf(member, find)]));
  const room = [...before].flatMap(([name, member]) => (reserveName.test(name) ? [bitsOf(member, find)] : []));
  const placeIn = (member: Member): 'room' | 'gap' | undefined => {
    const [from, to] = bitsOf(member, find);
    const isFree = to <= former.byteSize * 8 && taken.every(([begin, end]) => to <= begin || from >= end);
    if (!isFree) return undefined;
    return room.some(([begin, end]) => from >= begin && to <= end) ? 'room' : 'gap';
  };
  const changes = [...after].flatMap(([name, member]): TypeChange[] => {
    if (isOurs(name)) return [];
    const there = before.get(name);
    if (there === undefined) return [{ kind: 'member-added', member: name, in: placeIn(member) }];
    const [was, is] = [renderPlace(there), renderPlace(member)];
    const [wasType, isType] = [there.type.text, member.type.text];
    const place = was === is ? undefined : placeIn(member);
    if (place !== undefined) return [{ kind: 'member-added', member: name, in: place, instead: wasType }];
    if (was !== is) return [{ kind: 'member-moved', member: name, former: was, next: is }];
    if (wasType === isType) return [];
    const kind = isOfOtherSign(there.type, member.type) ? 'member-sign' : 'member-retyped';
    return [{ kind, member: name, former: wasType, next: isType }];
  });
  const removed = [...before].flatMap(([member, { type }]): TypeChange[] =>
    after.has(member) || isOurs(member)
      ? []
      : [{ kind: 'member-removed', member, isPointer: bareType(type).kind === 'pointer' }],
  );
  return [...size, ...alignment, ...changes, ...removed];
};

/** DW_ATE_signed, _signed_char, _unsigned, _unsigned_char (DWARF 5, 7.8). */
const [signed, unsigned] = [new Set([5, 6]), new Set([7, 8])];

/** Integers of one size, of which only one has a sign: what is small enough for both is the same in both. */
export const isOfOtherSign = (former: TypeRef, next: TypeRef): boolean => {
  const [a, b] = [bareType(former), bareType(next)];
  if (a.kind !== 'base' || b.kind !== 'base' || a.byteSize !== b.byteSize) return false;
  return (signed.has(a.encoding) && unsigned.has(b.encoding)) || (unsigned.has(a.encoding) && signed.has(b.encoding));
};

type Enum = Extract<TypeDefinition, { tag: 'enum' }>;

const diffEnumerators = (former: Enum, next: Enum): TypeChange[] => {
  const [before, after] = [new Map(former.enumerators), new Map(next.enumerators)];
  const size: TypeChange[] =
    former.byteSize === next.byteSize ? [] : [{ kind: 'size', formerBytes: former.byteSize, nextBytes: next.byteSize }];
  const changes = [...after].flatMap(([name, value]): TypeChange[] => {
    const was = before.get(name);
    if (was === undefined) return [{ kind: 'enumerator-added', name, value }];
    return was === value ? [] : [{ kind: 'enumerator-changed', name, former: was, next: value }];
  });
  const removed = [...before].flatMap(([name, value]): TypeChange[] => {
    if (after.has(name)) return [];
    const [other] = [...after].find(([one, number]) => number === value && !before.has(one)) ?? [];
    const isStillNamed = [...after].some(([one, number]) => number === value && before.get(one) === value);
    return other === undefined || isStillNamed
      ? [{ kind: 'enumerator-removed', name, value }]
      : [{ kind: 'enumerator-replaced', name, next: other, value }];
  });
  return [...size, ...changes, ...removed];
};

/** Members by name, those of anonymous structs and unions where C finds them; what has no name goes by its place. */
export const flatten = (members: readonly Member[], from = 0): Map<string, Member> => {
  const flat = new Map<string, Member>();
  for (const member of members) {
    const placed = { ...member, byteOffset: from + member.byteOffset };
    const { type, name } = member;
    if (name === null && type.kind === 'anonymous' && type.definition.tag !== 'enum')
      for (const [inner, one] of flatten(type.definition.members, placed.byteOffset)) flat.set(inner, one);
    else flat.set(name ?? `(at ${renderPlace(placed)})`, placed);
  }
  return flat;
};

const renderPlace = ({ byteOffset, bitOffset, bitSize }: Member): string =>
  bitSize === null ? `${byteOffset}` : `${byteOffset}.${bitOffset}:${bitSize}`;

/** From and up to which bit of the struct; without an end where the size is not known. */
const bitsOf = (
  { byteOffset, bitOffset, bitSize, type }: Member,
  find: FindType,
): readonly [from: number, to: number] => {
  const from = byteOffset * 8 + (bitOffset ?? 0);
  if (bitSize !== null) return [from, from + bitSize];
  const sizeBytes = sizeOfType(type, find);
  // An array of no elements is one that goes on behind its struct.
  return [from, sizeBytes === null || sizeBytes === 0 ? Number.POSITIVE_INFINITY : from + sizeBytes * 8];
};
