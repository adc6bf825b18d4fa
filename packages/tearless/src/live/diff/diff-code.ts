// Which functions another version of the program has, lacks or has otherwise. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import { listHeld } from '../image/held.ts';
import { functionKey, plainKey } from '../image/local-names.ts';
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
  /** Functions that take or return something else, and that others hold by their address. */
  readonly retyped: ReadonlyMap<string, { readonly former: string; readonly next: string }>;
}

export interface CodeSide {
  readonly image: ProgramImage;
  readonly debug: DebugInfo;
}

export const diffCode = (formerSide: CodeSide, nextSide: CodeSide): CodeDiff => {
  const [former, next] = [formerSide.image, nextSide.image];
  const [before, after] = [new ReferenceReader(former), new ReferenceReader(next)];
  const [formerLines, nextLines] = [linesOf(formerSide.debug), linesOf(nextSide.debug)];
  const changed = new Map<string, FunctionChange>();
  let same = 0;
  for (const [key, piece] of next.functions) {
    const there = former.functions.get(key);
    if (there === undefined) continue;
    const [was, is] = [formerLines.get(plainKey(key)), nextLines.get(plainKey(key))];
    const shift = was === undefined || is === undefined ? 0 : is - was;
    const change = compare(before.read(there), after.read(piece), shift);
    if (change === undefined) same += 1;
    else changed.set(key, change);
  }
  return {
    same,
    changed,
    added: [...next.functions.keys()].filter((key) => !former.functions.has(key)),
    removed: [...former.functions.keys()].filter((key) => !next.functions.has(key)),
    retyped: listRetyped(formerSide, nextSide),
  };
};

const listRetyped = (former: CodeSide, next: CodeSide): CodeDiff['retyped'] => {
  const types = ({ debug }: CodeSide) => new Map(debug.functions.map((one) => [functionKey(one), one.type.text]));
  const [before, after] = [types(former), types(next)];
  const changed = [...after].flatMap(([key, is]) => {
    const was = before.get(key);
    return was === undefined || was === is ? [] : [[key, { former: was, next: is }] as const];
  });
  if (changed.length === 0) return new Map();
  const held = listHeld(former.image);
  return new Map(changed.filter(([key]) => held.has(key)));
};

const linesOf = ({ functions }: DebugInfo): Map<string, number> =>
  new Map(functions.flatMap((one) => (one.line === null ? [] : [[functionKey(one), one.line]])));

const compare = (a: Contents, b: Contents, shift: number): FunctionChange | undefined => {
  if (a.bytes.length !== b.bytes.length || a.references.length !== b.references.length) return 'code';
  const isSameShape = a.references.every(({ offset, type }, index) => {
    const other = b.references[index];
    return other?.offset === offset && other.type === type;
  });
  if (!isSameShape) return 'code';
  const bytes = compareBytes(a.bytes, b.bytes, shift);
  if (bytes === 'code') return bytes;
  const isSame = a.references.every(({ to }, index) => b.references[index]?.to === to);
  if (isSame) return bytes;
  return 'references';
};

/** A file has fewer lines. */
const mostLines = 100_000;

/** Opcodes whose next byte names registers and a place in memory: what follows that may be the place, and no number. */
const takesPlace: ReadonlySet<number> = new Set([
  0x01, 0x03, 0x09, 0x0b, 0x21, 0x23, 0x29, 0x2b, 0x31, 0x33, 0x39, 0x3b, 0x63, 0x69, 0x6b, 0x80, 0x81, 0x83, 0x84,
  0x85, 0x88, 0x89, 0x8a, 0x8b, 0x8d, 0xaf, 0xb6, 0xb7, 0xbe, 0xbf, 0xc1, 0xc6, 0xc7, 0xd1, 0xd3, 0xf6, 0xf7, 0xfe,
  0xff,
]);

/** `mov $NUMBER, %REGISTER`: how line numbers are handed to what reports them. */
const isNumberMoved = (bytes: Uint8Array, at: number): boolean => {
  const opcode = bytes[at - 1] ?? 0;
  return opcode >= 0xb8 && opcode <= 0xbf && !takesPlace.has(bytes[at - 2] ?? 0);
};

/**
 * When lines were added above a function, all line numbers in it are higher by as many lines as it begins later.
 * @param shift how many those are
 */
const compareBytes = (a: Uint8Array, b: Uint8Array, shift: number): 'code' | 'lines' | undefined => {
  const [before, after] = [a, b].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (before === undefined || after === undefined) return 'code';
  let found: 'lines' | undefined;
  for (let at = 0; at < a.length; at++) {
    if (a[at] === b[at]) continue;
    if (at + 4 > a.length || shift === 0 || !isNumberMoved(a, at)) return 'code';
    const [was, is] = [before.getUint32(at, true), after.getUint32(at, true)];
    if (was === 0 || is === 0 || was > mostLines || is > mostLines || is - was !== shift) return 'code';
    found = 'lines';
    at += 3;
  }
  return found;
};
