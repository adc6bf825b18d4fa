// What another version of the program has made of its variables, whose values live on. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import type { TypeRef } from '@tearless/elf/dwarf/type.ts';
import { variableKey } from '../image/local-names.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { isEqual, ReferenceReader } from '../image/references.ts';
import { listReferrers } from '../image/referrers.ts';

export type VariableChange =
  | { readonly kind: 'resized'; readonly formerBytes: number; readonly nextBytes: number }
  | { readonly kind: 'retyped'; readonly former: string; readonly next: string }
  /** It starts with another value now: what runs has the former one, or what has become of it. */
  | { readonly kind: 'initialiser' }
  /** A table with another number of the same elements, which no other data refers to. `usedBy`: the functions that do. */
  | {
      readonly kind: 'table-resized';
      readonly former: string;
      readonly next: string;
      readonly usedBy: readonly string[];
    };

export interface VariableDiff {
  readonly same: number;
  readonly changed: ReadonlyMap<string, readonly VariableChange[]>;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface VariableSide {
  readonly image: ProgramImage;
  readonly debug: DebugInfo;
}

export const diffVariables = (former: VariableSide, next: VariableSide): VariableDiff => {
  const [before, after] = [new ReferenceReader(former.image), new ReferenceReader(next.image)];
  const [formerTypes, nextTypes] = [typesOf(former.debug), typesOf(next.debug)];
  const changed = new Map<string, readonly VariableChange[]>();
  let same = 0;
  for (const [key, piece] of next.image.writable) {
    const there = former.image.writable.get(key);
    if (there === undefined) continue;
    const changes: VariableChange[] = [];
    const [was, is] = [formerTypes.get(key), nextTypes.get(key)];
    const table = was === undefined || is === undefined ? undefined : tableChange(key, was, is, former, next);
    if (table !== undefined) {
      changed.set(key, [table]);
      continue;
    }
    if (was !== undefined && is !== undefined && was.text !== is.text)
      changes.push({ kind: 'retyped', former: was.text, next: is.text });
    if (there.sizeBytes !== piece.sizeBytes)
      changes.push({ kind: 'resized', formerBytes: there.sizeBytes, nextBytes: piece.sizeBytes });
    else if (!isEqual(before.read(there), after.read(piece))) changes.push({ kind: 'initialiser' });
    if (changes.length > 0) changed.set(key, changes);
    else same += 1;
  }
  const [formerKeys, nextKeys] = [former.image.writable, next.image.writable];
  return {
    same,
    changed,
    added: [...nextKeys.keys()].filter((key) => !formerKeys.has(key)),
    removed: [...formerKeys.keys()].filter((key) => !nextKeys.has(key)),
  };
};

/** Variables that an update brings: such as are new, and tables that lie elsewhere from now on. */
export const listNewVariables = ({ added, changed }: VariableDiff): string[] => [
  ...added,
  ...[...changed].flatMap(([key, changes]) => (changes.some(({ kind }) => kind === 'table-resized') ? [key] : [])),
];

const tableChange = (
  key: string,
  was: TypeRef,
  is: TypeRef,
  former: VariableSide,
  next: VariableSide,
): VariableChange | undefined => {
  if (was.kind !== 'array' || is.kind !== 'array' || was.text === is.text || was.of.text !== is.of.text)
    return undefined;
  const [, ...formerInner] = was.counts;
  const [, ...nextInner] = is.counts;
  if (formerInner.join() !== nextInner.join() || [former, next].some((side) => isInData(side, key))) return undefined;
  return { kind: 'table-resized', former: was.text, next: is.text, usedBy: listUsers(next, key) };
};

/** Functions that refer to a variable. */
export const listUsers = ({ image }: VariableSide, key: string): string[] =>
  [...(listReferrers(image, image.functions.values()).get(key) ?? [])].sort();

/** Whether other data holds its address. */
export const isInData = ({ image }: VariableSide, key: string): boolean =>
  listReferrers(image, [...image.writable.values(), ...image.constants.values()]).has(key);

const typesOf = ({ variables }: DebugInfo): Map<string, TypeRef> =>
  new Map(variables.map((variable) => [variableKey(variable), variable.type]));
