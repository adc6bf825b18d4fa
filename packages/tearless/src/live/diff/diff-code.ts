// Which functions another version of the program has, lacks or has otherwise. Pure.
import type { ProgramImage } from '../image/program-image.ts';
import { type Contents, ReferenceReader } from '../image/references.ts';

/**
 * - `lines`: the same but for line numbers, which asserts carry
 * - `references`: the same instructions, other strings, constants or functions
 * - `code`: other instructions
 */
export type FunctionChange = 'lines' | 'references' | 'code';

export interface CodeDiff {
  readonly same: number;
  readonly changed: ReadonlyMap<string, FunctionChange>;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export const diffCode = (former: ProgramImage, next: ProgramImage): CodeDiff => {
  const [before, after] = [new ReferenceReader(former), new ReferenceReader(next)];
  const changed = new Map<string, FunctionChange>();
  let same = 0;
  for (const [key, piece] of next.functions) {
    const there = former.functions.get(key);
    if (there === undefined) continue;
    const change = compare(before.read(there), after.read(piece));
    if (change === undefined) same += 1;
    else changed.set(key, change);
  }
  return {
    same,
    changed,
    added: [...next.functions.keys()].filter((key) => !former.functions.has(key)),
    removed: [...former.functions.keys()].filter((key) => !next.functions.has(key)),
  };
};

const compare = (a: Contents, b: Contents): FunctionChange | undefined => {
  if (a.bytes.length !== b.bytes.length || a.references.length !== b.references.length) return 'code';
  const isSameShape = a.references.every(({ offset, type }, index) => {
    const other = b.references[index];
    return other?.offset === offset && other.type === type;
  });
  if (!isSameShape) return 'code';
  const bytes = compareBytes(a.bytes, b.bytes);
  if (bytes === 'code') return bytes;
  const isSame = a.references.every(({ to }, index) => b.references[index]?.to === to);
  if (isSame) return bytes;
  return 'references';
};

/** A file has fewer lines. */
const mostLines = 100_000;

/** When lines were added above a function, all the line numbers in it are higher by the same number. */
const compareBytes = (a: Uint8Array, b: Uint8Array): 'code' | 'lines' | undefined => {
  const [before, after] = [a, b].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (before === undefined || after === undefined) return 'code';
  let shift: number | undefined;
  for (let at = 0; at < a.length; at++) {
    if (a[at] === b[at]) continue;
    if (at + 4 > a.length) return 'code';
    const [was, is] = [before.getUint32(at, true), after.getUint32(at, true)];
    if (was === 0 || is === 0 || was > mostLines || is > mostLines) return 'code';
    shift ??= is - was;
    if (is - was !== shift) return 'code';
    at += 3;
  }
  return shift === undefined ? undefined : 'lines';
};
