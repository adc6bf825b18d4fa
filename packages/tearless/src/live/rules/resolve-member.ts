// What a rule says of a member, as what is written to each object on its ways: a number, or what another member holds. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import { bareType, type TypeRef } from '@tearless/elf/dwarf/type.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import type { Action, Field } from './action.ts';
import { fieldOf, findMember, findStruct, isNumber, isSigned, isTruth, memberOf } from './program-names.ts';
import { resolveValue } from './resolve-value.ts';
import { resolveWay } from './resolve-way.ts';
import type { MemberRule } from './rules.ts';
import type { Sides } from './sides.ts';

/** Of `struct NAME.MEMBER`. */
export const splitMember = (name: string): [type: string, member: string] => {
  const dot = name.lastIndexOf('.');
  return [name.slice(0, dot), name.slice(dot + 1)];
};

/** `struct NAME.MEMBER`, with the tag that it has. @throws Error */
export const memberKey = ({ debug }: VariableSide, name: string): string => {
  const [type, member] = splitMember(name);
  return `${findStruct(debug, type).key}.${member}`;
};

/** Where the builds disagree about a member, it is that of the code that runs afterwards; `copy` of its own name is the other's. */
export const writeMember = (name: string, rule: MemberRule, side: VariableSide, { former, next }: Sides): Action[] => {
  if (rule === 'zero' || rule === 'keep') return [];
  const [type, member] = splitMember(name);
  const [own, other] = side === next ? [next, former] : [former, next];
  const find = (wanted: string, [first, second]: readonly [VariableSide, VariableSide]): PlacedMember => {
    const has = ({ debug }: VariableSide): boolean =>
      findMember(findStruct(debug, type).definition, wanted) !== undefined;
    const { debug } = has(first) || !has(second) ? first : second;
    const found = memberOf(findStruct(debug, type), wanted);
    return { debug, type: found.member.type, field: fieldOf(debug, found) };
  };
  const into = find(member, [own, other]);
  const written = () => {
    if ('value' in rule) return { value: resolveValue(into.debug, into.type, into.field, rule.value) };
    const from = find(rule.copy, rule.copy === member ? [other, own] : [next, former]);
    if (isSameField(from.field, into.field))
      throw new Error(`${rule.copy} lies where ${member} does: there is nothing to copy`);
    if (!canCopy(from, into)) throw new Error(`${rule.copy} is ${from.type.text}, and ${member} ${into.type.text}`);
    return { copy: from.field, isSigned: isSigned(from.type), asTruth: isTruth(into.type) };
  };
  const { key } = findStruct(next.debug, type);
  const ways = Array.isArray(rule.of) ? rule.of : [rule.of];
  return ways.map((way): Action => {
    // Members and variables of the next build are there in both directions.
    const { variable, steps, struct: reached } = resolveWay(next, way);
    if (reached.key !== key) throw new Error(`the way from ${way.from} leads to ${reached.key}`);
    return { kind: 'write', variable, steps, field: into.field, written: written() };
  });
};

const isSameField = (a: Field, b: Field): boolean =>
  a.offset === b.offset &&
  a.sizeBytes === b.sizeBytes &&
  a.bits?.from === b.bits?.from &&
  a.bits?.count === b.bits?.count;

interface PlacedMember {
  readonly debug: DebugInfo;
  readonly type: TypeRef;
  readonly field: Field;
}

/** As C assigns: of a number that is too large, what fits. Of an enum nobody can see whether its numbers have a sign. */
const canCopy = (from: PlacedMember, into: PlacedMember): boolean => {
  const bits = ({ field }: PlacedMember): number => field.bits?.count ?? field.sizeBytes * 8;
  if (!isNumber(from.type) || !isNumber(into.type))
    return (
      from.type.text === into.type.text && bits(from) === bits(into) && [1, 2, 4, 8].includes(into.field.sizeBytes)
    );
  return bits(into) <= bits(from) || bareType(from.type).kind === 'base';
};
