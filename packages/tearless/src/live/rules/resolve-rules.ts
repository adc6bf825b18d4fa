// Rules checked against the debug information of both builds: every name is found, every value fits, every way leads where it says. What
// is left is offsets and numbers. Pure.
import { listNewVariables, type VariableSide } from '../diff/diff-variables.ts';
import type { Differences } from '../diff/differences.ts';
import type { Action, RuleActions } from './action.ts';
import { type FoundVariable, findFunction, findStruct, findVariable, hasVariable } from './program-names.ts';
import { resolveAnew } from './resolve-anew.ts';
import { resolveCall } from './resolve-call.ts';
import { memberKey, writeMember } from './resolve-member.ts';
import { resolveValue } from './resolve-value.ts';
import {
  type Direction,
  listZeroMembers,
  type MemberRule,
  type Rules,
  rulesError,
  type VariableRule,
} from './rules.ts';
import type { Sides } from './sides.ts';

/** What rules say that a verdict asks for. */
export interface Declared {
  /** `struct NAME.MEMBER`: what it begins with is said. */
  readonly members: ReadonlySet<string>;
  /** Those of them that are taken to begin with the zero that is there. */
  readonly zeros: ReadonlySet<string>;
  /** `struct NAME`: nothing of it lives while the program waits. */
  readonly passing: ReadonlySet<string>;
  /** Keys of variables that go on as they are. */
  readonly keep: ReadonlySet<string>;
  /** Keys of variables whose successor lies beside them from now on, as it is declared, with the functions that use it. */
  readonly anew: ReadonlyMap<string, readonly string[]>;
  /** Keys of variables of the next build that are written once it is there. */
  readonly variables: ReadonlySet<string>;
  /** Keys of functions of the former build whose addresses nobody holds, or may call on as they were. */
  readonly gone: ReadonlySet<string>;
  /** Keys of functions of the next build that are called once it is there. */
  readonly called: ReadonlySet<string>;
}

export interface ResolvedRules {
  readonly declared: Declared;
  readonly actions: RuleActions;
}

export const nothingDeclared: Declared = {
  members: new Set(),
  zeros: new Set(),
  passing: new Set(),
  keep: new Set(),
  anew: new Map(),
  variables: new Set(),
  gone: new Set(),
  called: new Set(),
};

const nothing: ResolvedRules = { declared: nothingDeclared, actions: { members: [], up: [], down: [] } };

/** @param path for errors. @throws LiveError `live-rules-bad` for whatever does not fit the two builds */
export const resolveRules = (
  rules: Rules | undefined,
  { former, next }: Sides,
  { types, variables, code }: Pick<Differences, 'types' | 'variables' | 'code'>,
  path: string,
): ResolvedRules => {
  if (rules === undefined) return nothing;
  const said = <Value>(where: string, resolve: () => Value): Value => {
    try {
      return resolve();
    } catch (error) {
      throw rulesError(path, `${where}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const membersOf = (kind: 'member-added' | 'member-sign'): Set<string> =>
    new Set(
      [...types.changed].flatMap(([type, changes]) =>
        changes.flatMap((change) => (change.kind === kind ? [`${type}.${change.member}`] : [])),
      ),
    );
  const [added, ofOtherSign] = [membersOf('member-added'), membersOf('member-sign')];
  const members = Object.entries(rules.members).map(([name, rule]) =>
    said(name, () => {
      const key = memberKey(next, name);
      if (rule === 'keep' && !ofOtherSign.has(key)) throw new Error('it has a sign, or none, in both builds');
      if (!added.has(key) && (rule === 'zero' || !ofOtherSign.has(key)))
        throw new Error('this update adds no such member');
      return key;
    }),
  );
  const passing = rules.passing.map((name) => said(name, () => passingKey(former, types, name)));
  const keep = rules.keep.map((name) =>
    said(name, () => {
      const { key } = findVariable(former, name);
      const changes = variables.changed.get(key);
      if (changes === undefined) throw new Error('it begins with the same value in both builds');
      if (!changes.every(({ kind }) => kind === 'initialiser' || kind === 'sign'))
        throw new Error('it has another type or length in the next build, and cannot go on as it is');
      return key;
    }),
  );
  const gone = rules.gone.map((name) =>
    said(name, () => {
      const { key } = findFunction(former, name);
      if (!code.left.includes(key)) throw new Error('it is there in the next build, or nobody can hold its address');
      return key;
    }),
  );
  const anew = rules.anew.map((name) =>
    said(name, () => {
      const { key } = findVariable(former, name);
      if (keep.includes(key)) throw new Error('another rule keeps it');
      return [key, resolveAnew(key, { former, next }, variables)] as const;
    }),
  );
  const elsewhere = new Set([...anew.map(([key]) => key), ...listNewVariables(variables)]);
  /** Once the update is there, its name stands for the next build's own. */
  const find = (side: VariableSide, name: string): FoundVariable => {
    const found = findVariable(side, name);
    if (side === former && elsewhere.has(found.key))
      throw new Error(`${found.key} lies elsewhere in the next build: only functions of the former one reach it`);
    return found;
  };
  const write = (list: Readonly<Record<string, MemberRule>>, side: VariableSide): Action[] =>
    Object.entries(list).flatMap(([name, rule]) => said(name, () => writeMember(name, rule, side, { former, next })));
  const after = (direction: Direction, side: VariableSide, from: VariableSide): Action[] => [
    ...write(direction.members, side),
    ...Object.entries(direction.variables).map(([name, rule]) =>
      said(name, () => writeVariable(name, rule, [side, from], find)),
    ),
    ...direction.calls.map((text) => said('calls', () => resolveCall(side, text))),
  ];
  const written = Object.keys(rules.up.variables).flatMap((name) =>
    hasVariable(next, name) ? [said(name, () => findVariable(next, name).key)] : [],
  );
  const [first, up] = [write(rules.members, next), after(rules.up, next, former)];
  return {
    declared: {
      members: new Set(members),
      zeros: new Set(listZeroMembers(rules).map((name) => memberKey(next, name))),
      passing: new Set(passing),
      keep: new Set(keep),
      anew: new Map(anew),
      variables: new Set(written),
      gone: new Set(gone),
      called: new Set(up.flatMap((one) => (one.kind === 'call' ? [String(one.function)] : []))),
    },
    actions: {
      members: first,
      up,
      // What was brought is still there: members and variables of the next build can be read, its functions are not run.
      down: after(rules.down, former, next),
    },
  };
};

/** Enums and names of other types change, too. */
const passingKey = ({ debug }: VariableSide, { changed }: Differences['types'], name: string): string =>
  [name, `enum ${name}`, `typedef ${name}`].find((key) => changed.has(key)) ?? findStruct(debug, name).key;

/** Emptied memory is written piece by piece. */
const mostZeroBytes = 4096;

const writeVariable = (
  name: string,
  rule: VariableRule,
  [side, other]: readonly [VariableSide, VariableSide],
  find: (side: VariableSide, name: string) => FoundVariable,
): Action => {
  const home = hasVariable(side, name) ? side : other;
  const variable = find(home, name);
  if (typeof rule === 'object') {
    const source = find(other, rule.copy);
    if (source.type.text !== variable.type.text || source.sizeBytes !== variable.sizeBytes)
      throw new Error(`${rule.copy} is ${source.type.text}, not ${variable.type.text}`);
    if (source.sizeBytes > mostZeroBytes) throw new Error(`it has more than ${mostZeroBytes} bytes`);
    return { kind: 'copy-variable', from: source.key, to: variable.key, sizeBytes: variable.sizeBytes };
  }
  const field = { offset: 0, sizeBytes: variable.sizeBytes, bits: undefined };
  const value = resolveValue(home.debug, variable.type, field, rule);
  if (variable.sizeBytes > mostZeroBytes) throw new Error(`it has more than ${mostZeroBytes} bytes`);
  return { kind: 'write', variable: variable.key, steps: [], field, written: { value } };
};
