// What another version of the program has made of its types, and of the names that stand for them. Pure.
import { type DebugInfo, findDefinition } from '@tearless/elf/dwarf/debug-info.ts';
import { bareType, type TypeDefinition, type TypeRef } from '@tearless/elf/dwarf/type.ts';
import { diffDefinition, type FindType, flatten, type TypeChange } from './diff-definition.ts';

export interface TypeDiff {
  readonly changed: ReadonlyMap<string, readonly TypeChange[]>;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

type Types = Pick<DebugInfo, 'definitions' | 'typedefs' | 'enumerators'>;

const nameless = 'enum without a name';

export const diffTypes = (formerTypes: Types, nextTypes: Types): TypeDiff => {
  const [former, next] = [formerTypes.definitions, nextTypes.definitions];
  const changed = new Map<string, readonly TypeChange[]>(diffTypedefs(formerTypes, nextTypes));
  const find: FindType = (tag, name) => findDefinition(formerTypes, tag, name);
  const inBits = listInBits(former);
  for (const [key, after] of next) {
    const before = former.get(key);
    if (before === undefined) continue;
    const texts = new Set(before.map(({ text }) => text));
    if (after.length === texts.size && after.every(({ text }) => texts.has(text))) continue;
    const [a, b] = [before[0], after[0]];
    const isAmbiguous = before.length !== 1 || after.length !== 1 || a === undefined || b === undefined;
    const changes = isAmbiguous
      ? [{ kind: 'ambiguous' } as const]
      : [...diffDefinition(a, b, find), ...(inBits.has(key) ? diffSign(a, b) : [])];
    if (changes.length > 0) changed.set(key, changes);
  }
  const told = new Set(
    [...changed.values()].flat().flatMap((change) => (change.kind === 'enumerator-changed' ? [change.name] : [])),
  );
  const renumbered = diffNumbers(formerTypes, nextTypes).filter(({ name }) => !told.has(name));
  if (renumbered.length > 0) changed.set(nameless, renumbered);
  return {
    changed,
    added: [...next.keys()].filter((key) => !former.has(key)),
    removed: [...former.keys()].filter((key) => !next.has(key)),
  };
};

/** Types of bit-fields, by key. */
const listInBits = (definitions: Types['definitions']): Set<string> => {
  const found = new Set<string>();
  for (const definition of [...definitions.values()].flat())
    for (const { bitSize, type } of definition.tag === 'enum' ? [] : flatten(definition.members).values())
      if (bitSize !== null)
        for (let one = type; ; one = one.of) {
          found.add(one.kind === 'typedef' ? `typedef ${one.name}` : one.text);
          if (one.kind !== 'typedef' && one.kind !== 'qualified') break;
        }
  return found;
};

/** An enum with a number below zero has a sign: the same bits are another number then. */
const diffSign = (former: TypeDefinition, next: TypeDefinition): TypeChange[] => {
  const [was, is] = [former, next].map((one) => one.tag === 'enum' && one.enumerators.some(([, value]) => value < 0));
  const tell = (isSigned: boolean | undefined): string => `bits ${isSigned === true ? 'with' : 'without'} a sign`;
  return was === is ? [] : [{ kind: 'retyped', former: tell(was), next: tell(is) }];
};

/** Of enums that have no name: their numbers lie in plain integers. Of a name that stands for several, nothing can be said. */
const diffNumbers = (former: Types, next: Types): Extract<TypeChange, { kind: 'enumerator-changed' }>[] =>
  [...next.enumerators].flatMap(([name, after]) => {
    const before = former.enumerators.get(name);
    const [was, is] = [...(before?.size === 1 ? before : []), ...(after.size === 1 ? after : [])];
    if (was === undefined || is === undefined || was === is) return [];
    return [{ kind: 'enumerator-changed', name, former: was, next: is } as const];
  });

/** Names of which the text of members and variables says nothing more: what they stand for may be another type. */
const diffTypedefs = (former: Types, next: Types): [string, readonly TypeChange[]][] =>
  [...next.typedefs].flatMap(([name, after]): [string, readonly TypeChange[]][] => {
    const before = former.typedefs.get(name);
    if (before === undefined) return [];
    const texts = new Set(before.map(({ text }) => text));
    const [a, b] = [before[0], after[0]];
    if (
      a === undefined ||
      b === undefined ||
      (after.length === texts.size && after.every(({ text }) => texts.has(text)))
    )
      return [];
    if (before.length !== 1 || after.length !== 1) return [[`typedef ${name}`, [{ kind: 'ambiguous' }]]];
    // Both are known by the name itself, and compared by it.
    if (a.kind === 'anonymous' && b.kind === 'anonymous') return [];
    const changes = diffMeaning(a, b, former, next);
    return changes.length === 0 ? [] : [[`typedef ${name}`, changes]];
  });

/** Two types of other names, as what they come to: a struct that has another tag and is laid out as before is none other. */
const diffMeaning = (former: TypeRef, next: TypeRef, formerTypes: Types, nextTypes: Types): TypeChange[] => {
  const [a, b] = [bareType(former), bareType(next)];
  if (a.text === b.text) return [];
  if (a.kind === 'pointer' && b.kind === 'pointer') return diffMeaning(a.to, b.to, formerTypes, nextTypes);
  if (a.kind === 'base' && b.kind === 'base' && a.byteSize === b.byteSize && a.encoding === b.encoding) return [];
  const [was, is] = [definitionOf(a, formerTypes), definitionOf(b, nextTypes)];
  if (was === undefined || is === undefined) return [{ kind: 'retyped', former: former.text, next: next.text }];
  return diffDefinition(was, is, (tag, name) => findDefinition(formerTypes, tag, name));
};

const definitionOf = (type: TypeRef, types: Types): TypeDefinition | undefined =>
  type.kind === 'anonymous'
    ? type.definition
    : type.kind === 'named'
      ? findDefinition(types, type.tag, type.name)
      : undefined;
