// Options that a release adds, each with the member it is kept in: a release says itself what they begin with, in the tables that its list
// is made from. New members that hold no pointer take that from tor's own code, once its list is made anew. Pure.
import { findDefinition } from '@tearless/elf/dwarf/debug-info.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import type { Action } from './action.ts';
import { listAliases, listOptions } from './option-tables.ts';
import { findMember, findStruct, functionOf, hasVariable } from './program-names.ts';
import { optionsManager, renewOptions } from './renew-options.ts';
import type { Sides } from './sides.ts';

export interface NewOption {
  readonly name: string;
  /** `struct NAME.MEMBER`. */
  readonly member: string;
}

/** What a tor goes by, and what that is compared with when it is written down. */
const [inForce, atFirst] = ['config.c:global_options', 'config.c:global_default_options'];

/**
 * An option that had another name, kind or place holds what a person has set, and is not one of them.
 * @returns those whose members a tor that runs can be given what the release says; none where its list is not made anew
 */
export const listNewOptions = (sides: Sides): NewOption[] => {
  const { former, next } = sides;
  if (renewOptions(next, sides).length === 0 || findReset(next) === undefined) return [];
  const known = new Set(listOptions(former).map(({ name }) => lower(name)));
  for (const { alias, option } of listAliases(next)) if (known.has(lower(alias))) known.add(lower(option));
  return listOptions(next).flatMap(({ name, member }) => {
    if (member === undefined || known.has(lower(name))) return [];
    const was = findDefinition(former.debug, 'struct', member.struct);
    if (was === undefined || was.tag === 'enum' || findMember(was, member.name) !== undefined) return [];
    return [{ name, member: `${findStruct(next.debug, member.struct).key}.${member.name}` }];
  });
};

/** Tor tells names of options apart by their letters alone. */
const lower = (name: string): string => name.toLowerCase();

/** Has tor give options what its list says, as RESETCONF does. @param names at least one, for it to do anything */
export const resetOptions = (side: VariableSide, names: readonly string[]): Action[] => {
  const found = findReset(side);
  if (found === undefined || names.length === 0) return [];
  return [{ kind: 'reset', ...found, lines: names.map((name) => `${name}\n`).join('') }];
};

const findReset = (side: VariableSide): Omit<Extract<Action, { kind: 'reset' }>, 'kind' | 'lines'> | undefined => {
  const [read, assign] = [functionOf(side, 'config_get_lines', 3), functionOf(side, 'config_assign', 5)];
  if (read === undefined || assign === undefined || !hasVariable(side, inForce)) return undefined;
  return {
    manager: optionsManager,
    objects: [inForce, ...(hasVariable(side, atFirst) ? [atFirst] : [])],
    read,
    assign,
  };
};
