// What another version of the program has made of its variables, whose values live on. Pure.
import type { DebugInfo, DebugVariable } from '@tearless/elf/dwarf/debug-info.ts';
import type { TypeRef } from '@tearless/elf/dwarf/type.ts';
import { variableKey } from '../image/local-names.ts';
import type { Piece } from '../image/piece.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { isEqual, ReferenceReader } from '../image/references.ts';
import { listInnerPlaces, listReferrers } from '../image/referrers.ts';
import { withoutTurn } from '../image/symbol-keys.ts';
import { isOfOtherSign } from './diff-definition.ts';
import { listOtherBeginnings } from './thread-variables.ts';

export type VariableChange =
  | { readonly kind: 'resized'; readonly formerBytes: number; readonly nextBytes: number }
  | { readonly kind: 'retyped'; readonly former: string; readonly next: string }
  /** An integer of as many bytes, which has a sign now, or none any more. */
  | { readonly kind: 'sign'; readonly former: string; readonly next: string }
  /** It has to lie at a multiple of more bytes: new code may count on that, and it stays where it is. */
  | { readonly kind: 'alignment'; readonly formerBytes: number; readonly nextBytes: number }
  /** It was a constant: who holds its address goes on with what cannot be written to. */
  | { readonly kind: 'unsealed' }
  /** Each thread has its own, which begins otherwise now. */
  | { readonly kind: 'thread' }
  /** It is a constant now, elsewhere: who holds its address goes on with the former. */
  | { readonly kind: 'sealed' }
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
  /** By key of one that is new: those of its name that are gone. It is another variable, and begins as it is declared. */
  readonly moved: ReadonlyMap<string, readonly string[]>;
}

export interface VariableSide {
  readonly image: ProgramImage;
  readonly debug: DebugInfo;
}

export const diffVariables = (former: VariableSide, next: VariableSide): VariableDiff => {
  const [before, after] = [new ReferenceReader(former.image), new ReferenceReader(next.image)];
  const [formerTypes, nextTypes] = [typesOf(former), typesOf(next)];
  const changed = new Map<string, readonly VariableChange[]>();
  /** Places inside functions (`&&label`) of which the code has changed. */
  const leadsIntoOtherCode = (piece: Piece): boolean =>
    listInnerPlaces(next.image, piece).some((one) => {
      const there = former.image.functions.get(one.key);
      return there !== undefined && !isEqual(before.read(there), after.read(one));
    });
  let same = 0;
  for (const [key, piece] of next.image.writable) {
    const there = former.image.writable.get(key);
    if (there === undefined) {
      if (former.image.constants.has(key)) changed.set(key, [{ kind: 'unsealed' }]);
      continue;
    }
    const changes: VariableChange[] = [];
    const [was, is] = [formerTypes.get(key), nextTypes.get(key)];
    const table =
      was?.type === undefined || is?.type === undefined ? undefined : tableChange(key, was.type, is.type, former, next);
    if (table !== undefined) {
      changed.set(key, [table]);
      continue;
    }
    if (was !== undefined && is !== undefined && was.text !== is.text) {
      const isSign = was.type !== undefined && is.type !== undefined && isOfOtherSign(was.type, is.type);
      changes.push({ kind: isSign ? 'sign' : 'retyped', former: was.text, next: is.text });
    }
    if (there.sizeBytes !== piece.sizeBytes)
      changes.push({ kind: 'resized', formerBytes: there.sizeBytes, nextBytes: piece.sizeBytes });
    else if (!isEqual(before.read(there), after.read(piece)) || leadsIntoOtherCode(piece))
      changes.push({ kind: 'initialiser' });
    const [formerBytes, nextBytes] = [there.section.alignBytes, piece.section.alignBytes];
    if (nextBytes > formerBytes) changes.push({ kind: 'alignment', formerBytes, nextBytes });
    if (changes.length > 0) changed.set(key, changes);
    else same += 1;
  }
  const [formerKeys, nextKeys] = [former.image.writable, next.image.writable];
  for (const key of formerKeys.keys())
    if (!nextKeys.has(key) && next.image.constants.has(key)) changed.set(key, [{ kind: 'sealed' }]);
  for (const key of listOtherBeginnings(former.image, next.image)) changed.set(key, [{ kind: 'thread' }]);
  return {
    same,
    changed,
    added: [...nextKeys.keys()].filter((key) => !formerKeys.has(key)),
    removed: [...formerKeys.keys()].filter((key) => !nextKeys.has(key)),
    moved: listMoved(former.image, next.image),
  };
};

/** The name that its source gives it; undefined where several of one function have it. */
const plainName = (key: string): string | undefined => {
  const name = key.slice(key.indexOf(':') + 1);
  return name.includes('#') ? undefined : name.slice(name.lastIndexOf('.') + 1);
};

const isOfFunction = (key: string): boolean => key.slice(key.indexOf(':') + 1).includes('.');

/**
 * A variable that another file has now, or one function, or that others see or see no more, goes by another key: what it held stays with
 * the former. Static variables of a function that got another name begin anew with it.
 */
const listMoved = (former: ProgramImage, next: ProgramImage): Map<string, readonly string[]> => {
  const gone = new Map<string, string[]>();
  for (const key of former.writable.keys()) {
    const name = plainName(key);
    if (name !== undefined && !next.writable.has(key)) gone.set(name, [...(gone.get(name) ?? []), key]);
  }
  return new Map(
    [...next.writable.keys()].flatMap((key): [string, readonly string[]][] => {
      const there = former.writable.has(key) ? [] : (gone.get(plainName(key) ?? '') ?? []);
      const ones = there.filter((one) => !isOfFunction(key) || !isOfFunction(one));
      return ones.length === 0 ? [] : [[key, ones]];
    }),
  );
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

/** Several static variables of one name in one function, or in files of one name, are told apart by their order alone. */
interface KnownType {
  readonly text: string;
  /** Undefined where there are several. */
  readonly type: TypeRef | undefined;
}

const warning = /[.:]warning_logged_/;

/** By the keys of an image's variables. */
const typesOf = ({ debug, image }: VariableSide): Map<string, KnownType> => {
  const declared = new Map<string, DebugVariable[]>();
  // Compilers may tell of one variable wherever its function was inlined.
  const told = new Set<string>();
  for (const variable of debug.variables) {
    const key = variableKey(variable);
    const place = `${key} ${variable.address}`;
    if (told.has(place)) continue;
    told.add(place);
    const there = declared.get(key);
    if (there === undefined) declared.set(key, [variable]);
    else there.push(variable);
  }
  const counts = new Map<string, number>();
  for (const key of image.writable.keys()) counts.set(withoutTurn(key), (counts.get(withoutTurn(key)) ?? 0) + 1);
  return new Map(
    [...image.writable.keys()].flatMap((key): [string, KnownType][] => {
      const name = withoutTurn(key);
      const ones = declared.get(name) ?? [];
      const type = ones.at(-1)?.type;
      const count = counts.get(name) ?? 1;
      if (type === undefined) return [];
      if (count === 1 || warning.test(key)) return [[key, { type, text: type.text }]];
      const isOfOneFile = ones.every(({ unit }) => unit === ones[0]?.unit);
      const texts = ones.map(({ type: { text }, unit }) => (isOfOneFile ? text : `${text} (${unit})`));
      return [[key, { type: undefined, text: `one of ${count}: ${texts.join(', ')}` }]];
    }),
  );
};
