// How the types of a program are reached from its variables: over members, pointers and arrays, and from a struct to those that begin with
// it, since C programs keep those by pointers to their beginning. What lies behind a `void *` cannot be shown. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import type { TypeDefinition, TypeRef } from '@tearless/elf/dwarf/type.ts';
import { variableKey } from '../image/local-names.ts';

/** One step of a way. */
interface Arrival {
  /** Undefined where it begins. */
  readonly from: string | undefined;
  /** `variable NAME`, or the member that leads there. */
  readonly by: string;
}

export interface Reach {
  /** For people: the way to a type (`struct NAME`, `typedef NAME`), the shortest there is; undefined where none can be shown. */
  way(type: string): string | undefined;
}

export const readReach = (debug: DebugInfo): Reach => {
  const arrivals = new Map<string, Arrival>();
  const beginners = listBeginners(debug);
  let pending: string[] = [];
  const arrive = (type: string, arrival: Arrival): void => {
    if (arrivals.has(type)) return;
    arrivals.set(type, arrival);
    pending.push(type);
  };
  for (const variable of debug.variables)
    for (const found of named(variable.type, (key) => debug.definitions.has(key)))
      arrive(found, { from: undefined, by: `variable ${variableKey(variable)}` });
  while (pending.length > 0) {
    const now = pending;
    pending = [];
    for (const type of now) {
      for (const [member, to] of (debug.definitions.get(type) ?? []).flatMap((one) => leads(one, debug))) {
        arrive(to, { from: type, by: `${type}.${member}` });
      }
      for (const outer of beginners.get(type) ?? [])
        arrive(outer, { from: type, by: `${outer}, which begins with ${type}` });
    }
  }
  return {
    way: (type) => {
      const steps: string[] = [];
      for (
        let at = arrivals.get(type);
        at !== undefined;
        at = at.from === undefined ? undefined : arrivals.get(at.from)
      )
        steps.unshift(at.by);
      return steps.length === 0 ? undefined : steps.join(', ');
    },
  };
};

/** Names of the types that a type leads to. Functions lead nowhere: they take, they do not keep. */
const named = (type: TypeRef, isDefined: (key: string) => boolean): string[] => {
  switch (type.kind) {
    case 'pointer':
      return named(type.to, isDefined);
    case 'qualified':
    case 'array':
      return named(type.of, isDefined);
    case 'typedef':
      return isDefined(`typedef ${type.name}`) ? [`typedef ${type.name}`] : named(type.of, isDefined);
    case 'named':
      return [`${type.tag} ${type.name}`];
    case 'anonymous':
      return type.definition.tag === 'enum'
        ? []
        : type.definition.members.flatMap((member) => named(member.type, isDefined));
    default:
      return [];
  }
};

const leads = (definition: TypeDefinition, debug: DebugInfo): [member: string, to: string][] =>
  definition.tag === 'enum'
    ? []
    : definition.members.flatMap(({ name, type }) =>
        named(type, (key) => debug.definitions.has(key)).map((to): [string, string] => [name ?? '(anonymous)', to]),
      );

/** By type: those whose first member it is. */
const listBeginners = ({ definitions }: DebugInfo): Map<string, string[]> => {
  const beginners = new Map<string, string[]>();
  for (const [key, [first]] of definitions) {
    if (first === undefined || first.tag !== 'struct') continue;
    const beginning = first.members[0]?.type;
    if (beginning?.kind !== 'named' && beginning?.kind !== 'typedef') continue;
    for (const inner of named(beginning, (one) => definitions.has(one)))
      beginners.set(inner, [...(beginners.get(inner) ?? []), key]);
  }
  return beginners;
};
