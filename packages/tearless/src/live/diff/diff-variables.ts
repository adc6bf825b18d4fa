// What another version of the program has made of its variables, whose values live on. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import { variableKey } from '../image/local-names.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { isEqual, ReferenceReader } from '../image/references.ts';

export type VariableChange =
  | { readonly kind: 'resized'; readonly formerBytes: number; readonly nextBytes: number }
  | { readonly kind: 'retyped'; readonly former: string; readonly next: string }
  /** It starts with another value now: what runs has the former one, or what has become of it. */
  | { readonly kind: 'initialiser' };

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
    if (was !== undefined && is !== undefined && was !== is) changes.push({ kind: 'retyped', former: was, next: is });
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

const typesOf = ({ variables }: DebugInfo): Map<string, string> =>
  new Map(variables.map((variable) => [variableKey(variable), variable.type.text]));
