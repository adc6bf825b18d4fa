// A way to objects, from a variable over lists, tables and members, as offsets; each step is checked against the types. Pure.
import { bareType, type TypeRef } from '@tearless/elf/dwarf/type.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import type { Step } from './action.ts';
import {
  type FoundStruct,
  fieldOf,
  findMember,
  findStruct,
  findVariable,
  memberOf,
  sizeOf,
  structOf,
} from './program-names.ts';
import { resolveValue } from './resolve-value.ts';
import type { Way, WayStep } from './rules.ts';

export interface ResolvedWay {
  /** Key. */
  readonly variable: string;
  readonly steps: readonly Step[];
  readonly struct: FoundStruct;
}

/** Where one stands: at an object of a type. */
interface Place {
  readonly type: TypeRef;
  readonly steps: readonly Step[];
}

/** @throws Error that says which step does not fit */
export const resolveWay = (side: VariableSide, { from, through }: Way): ResolvedWay => {
  const variable = findVariable(side, from);
  let place = settle({ type: variable.type, steps: [] });
  for (const step of through) place = settle(takeStep(side, place, step));
  return { variable: variable.key, steps: place.steps, struct: structAt(side, place) };
};

/** Pointers are followed. */
const settle = (place: Place): Place => {
  const bare = bareType(place.type);
  return bare.kind === 'pointer' ? settle({ type: bare.to, steps: [...place.steps, { kind: 'follow' }] }) : place;
};

const structAt = ({ debug }: VariableSide, { type }: Place): FoundStruct => {
  const found = structOf(debug, type);
  if (found === undefined) throw new Error(`${type.text} is no struct`);
  return found;
};

const takeStep = (side: VariableSide, place: Place, step: WayStep): Place => {
  const { debug } = side;
  const go = (type: TypeRef, ...steps: Step[]): Place => ({ type, steps: [...place.steps, ...steps] });
  if ('each' in step) return each(side, place, findStruct(debug, step.each));
  if ('as' in step) {
    const wanted = findStruct(debug, step.as);
    const bare = bareType(place.type);
    if (bare.kind === 'void' || bare.text === 'char') return go(refTo(wanted));
    const inner = structAt(side, place);
    const offset = offsetWithin(side, wanted, inner.key);
    if (offset === undefined) throw new Error(`${wanted.key} does not have one ${inner.key} within it`);
    return go(refTo(wanted), { kind: 'offset', bytes: -offset });
  }
  const struct = structAt(side, place);
  if ('where' in step) {
    const steps = Object.entries(step.where).map(([name, value]): Step => {
      const found = memberOf(struct, name);
      const field = fieldOf(debug, found);
      const wanted = resolveValue(debug, found.member.type, field, value);
      if (![1, 2, 4, 8].includes(field.sizeBytes)) throw new Error(`${struct.key}.${name} is no number`);
      const width = field.bits?.count ?? field.sizeBytes * 8;
      return { kind: 'where', field, value: BigInt.asUintN(width, wanted) };
    });
    return go(place.type, ...steps);
  }
  if ('member' in step) {
    const { member, offset } = memberOf(struct, step.member);
    if (member.bitSize !== null) throw new Error(`${struct.key}.${step.member} is a bit-field`);
    return go(member.type, { kind: 'offset', bytes: offset });
  }
  if ('next' in step) return go(place.type, { kind: 'chain', nextOffset: nextOffset(side, struct, step.next) });
  return table(side, place, struct);
};

const refTo = ({ key }: FoundStruct): TypeRef => {
  const [tag, name = ''] = key.split(' ');
  return tag === 'struct' || tag === 'union'
    ? { kind: 'named', tag, name, text: key }
    : { kind: 'named', tag: 'struct', name: key, text: key };
};

const each = (side: VariableSide, place: Place, wanted: FoundStruct): Place => {
  const { debug } = side;
  const bare = bareType(place.type);
  const go = (...steps: Step[]): Place => ({ type: refTo(wanted), steps: [...place.steps, ...steps] });
  if (bare.kind === 'array') {
    const [count, ...inner] = bare.counts;
    if (count === null || count === undefined || inner.length > 0) throw new Error(`${bare.text} is no plain array`);
    const element = bareType(bare.of);
    const step: Step = { kind: 'array', count, strideBytes: sizeOf(debug, element) };
    if (element.kind === 'pointer') {
      const to = structOf(debug, element.to);
      if (bareType(element.to).kind !== 'void' && to?.key !== wanted.key)
        throw new Error(`${bare.text} has no pointers to ${wanted.key}`);
      return go(step, { kind: 'follow' });
    }
    if (structOf(debug, element)?.key !== wanted.key) throw new Error(`${bare.text} is not of ${wanted.key}`);
    return go(step);
  }
  const struct = structAt(side, place);
  if (struct.key !== 'struct smartlist_t') throw new Error(`${place.type.text} is neither a smartlist nor an array`);
  const [list, used] = [memberOf(struct, 'list'), memberOf(struct, 'num_used')];
  return go({ kind: 'list', listOffset: list.offset, countOffset: used.offset });
};

/** As ht.h lays hash tables out: chains of entries, each with its `hte_next` in a member of its own. */
const table = ({ debug }: VariableSide, place: Place, struct: FoundStruct): Place => {
  const [buckets, length] = [memberOf(struct, 'hth_table'), memberOf(struct, 'hth_table_length')];
  const outer = bareType(buckets.member.type);
  const inner = outer.kind === 'pointer' ? bareType(outer.to) : outer;
  const entry = inner.kind === 'pointer' ? structOf(debug, inner.to) : undefined;
  if (entry === undefined) throw new Error(`${struct.key} is no hash table`);
  for (const member of entry.definition.members) {
    const node = structOf(debug, member.type);
    const next = node === undefined ? undefined : findMember(node.definition, 'hte_next');
    if (next === undefined) continue;
    const step: Step = {
      kind: 'table',
      bucketsOffset: buckets.offset,
      lengthOffset: length.offset,
      nextOffset: member.byteOffset + next.offset,
    };
    return { type: refTo(entry), steps: [...place.steps, step] };
  }
  throw new Error(`entries of ${struct.key} have no hte_next`);
};

/** The pointer to the next one: the member itself, or the only such pointer within it, as queue.h has it. */
const nextOffset = ({ debug }: VariableSide, struct: FoundStruct, name: string): number => {
  const { member, offset } = memberOf(struct, name);
  const isNext = (type: TypeRef): boolean => {
    const bare = bareType(type);
    return bare.kind === 'pointer' && structOf(debug, bare.to)?.key === struct.key;
  };
  if (isNext(member.type)) return offset;
  const inside = structOf(debug, member.type)?.definition.members.filter(({ type }) => isNext(type)) ?? [];
  const [only, other] = inside;
  if (only === undefined || other !== undefined)
    throw new Error(`${struct.key}.${name} leads to no other ${struct.key}`);
  return offset + only.byteOffset;
};

/** Where in a struct another one lies that is its member, or a member's; undefined for none or several. */
const offsetWithin = (side: VariableSide, outer: FoundStruct, inner: string, depth = 0): number | undefined => {
  if (depth > 8) return undefined;
  const found = outer.definition.members.flatMap(({ type, byteOffset }) => {
    const struct = structOf(side.debug, type);
    if (struct === undefined) return [];
    const within = struct.key === inner ? 0 : offsetWithin(side, struct, inner, depth + 1);
    return within === undefined ? [] : [byteOffset + within];
  });
  return found.length === 1 ? found[0] : undefined;
};
