// Which functions another version of the program has, lacks or has otherwise. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import { listHeld } from '../image/held.ts';
import { isClone, plainKey } from '../image/local-names.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { type Contents, ReferenceReader } from '../image/references.ts';
import { listReferrers } from '../image/referrers.ts';
import { type MovedLines, readMovedLines } from './moved-lines.ts';
import { keyFunctions, listMixedUp } from './same-names.ts';

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
  /** Functions that take or return something else, and that code goes on calling as they were. */
  readonly retyped: ReadonlyMap<string, Retyped>;
  /** Functions that have changed and were one with others, which have not: a jump there would lead both to one. By key: the others. */
  readonly split: ReadonlyMap<string, readonly string[]>;
  /** Functions that symbols take for those of another file of the same name. By key: both files. */
  readonly mixedUp: ReadonlyMap<string, readonly [was: string, is: string]>;
  /** Functions that are gone, and that others may hold by their address. */
  readonly left: readonly string[];
  /** New functions that run by themselves before the program begins. */
  readonly starting: readonly string[];
}

export interface Retyped {
  readonly former: string;
  readonly next: string;
  readonly isHeld: boolean;
  /** Functions that call it and run on as they were. */
  readonly callers: readonly string[];
}

export interface CodeSide {
  readonly image: ProgramImage;
  readonly debug: DebugInfo;
}

/** @param waiting keys of functions of the former that wait now, whether they are entered again or not */
export const diffCode = (formerSide: CodeSide, nextSide: CodeSide, waiting: Iterable<string>): CodeDiff => {
  const [former, next] = [formerSide.image, nextSide.image];
  const [before, after] = [new ReferenceReader(former), new ReferenceReader(next)];
  const movedOf = readMovedLines(formerSide.debug, nextSide.debug);
  const changed = new Map<string, FunctionChange>();
  let same = 0;
  for (const [key, piece] of next.functions) {
    const there = former.functions.get(key);
    if (there === undefined) continue;
    const change = compare(before.read(there), after.read(piece), movedOf(plainKey(key)));
    if (change === undefined) same += 1;
    else changed.set(key, change);
  }
  const held = listHeld(former);
  const left = [...former.functions.keys()].filter((key) => !next.functions.has(key) && !isClone(key) && held.has(key));
  return {
    same,
    changed,
    added: [...next.functions.keys()].filter((key) => !former.functions.has(key)),
    removed: [...former.functions.keys()].filter((key) => !next.functions.has(key)),
    retyped: listRetyped(formerSide, nextSide, held, [...waiting, ...left]),
    split: listSplit(former, next, changed),
    mixedUp: listMixedUp(formerSide.debug, nextSide.debug),
    left,
    starting: listStarting(next).filter((key) => !listStarting(former).includes(key)),
  };
};

/** Constructors, as loaders find them (gABI, "Initialization and Termination Functions"). */
const listStarting = (image: ProgramImage): string[] =>
  image.file.sections
    .filter(({ name }) => /^\.(?:preinit_array|init_array|ctors)\b/.test(name))
    .flatMap(({ index }) =>
      image.relocationsOf(index).flatMap((relocation) => {
        const target = image.targetOf(relocation);
        return target.kind === 'piece' ? [target.piece.key] : [];
      }),
    );

/** By where their code begins. */
const listPlaces = ({ functions }: ProgramImage): Map<string, string[]> => {
  const places = new Map<string, string[]>();
  for (const [key, { section, offset }] of functions) {
    const place = `${section.index} ${offset}`;
    const there = places.get(place);
    if (there === undefined) places.set(place, [key]);
    else there.push(key);
  }
  return places;
};

/** Compilers make one of functions that do the same. */
const listSplit = (
  former: ProgramImage,
  next: ProgramImage,
  changed: ReadonlyMap<string, FunctionChange>,
): CodeDiff['split'] => {
  const split = new Map<string, readonly string[]>();
  for (const keys of listPlaces(former).values()) {
    const there = keys.flatMap((key) => next.functions.get(key) ?? []);
    if (new Set(there.map(({ section, offset }) => `${section.index} ${offset}`)).size < 2) continue;
    for (const key of keys)
      if (!isClone(key) && (changed.get(key) ?? 'lines') !== 'lines')
        split.set(
          key,
          keys.filter((other) => other !== key),
        );
  }
  return split;
};

/**
 * Whom code calls that runs on as it was, by key, with those that do.
 * @param running such functions: those that wait now, and those that are gone and may be held. What clones and others that are gone do
 * for them belongs to it
 */
const listCallees = (former: ProgramImage, next: ProgramImage, running: readonly string[]): Map<string, string[]> => {
  const stale = new Set(running);
  const callers = new Map<string, string[]>();
  const pending = [...stale];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    const piece = former.functions.get(key);
    for (const callee of piece === undefined ? [] : listReferrers(former, [piece]).keys()) {
      callers.set(callee, [...(callers.get(callee) ?? []), key]);
      if (stale.has(callee) || !former.functions.has(callee)) continue;
      if (!isClone(callee) && next.functions.has(callee)) continue;
      stale.add(callee);
      pending.push(callee);
    }
  }
  return callers;
};

const listRetyped = (
  former: CodeSide,
  next: CodeSide,
  held: ReadonlySet<string>,
  running: readonly string[],
): CodeDiff['retyped'] => {
  const [before, after] = [keyFunctions(former.debug), keyFunctions(next.debug)];
  const changed = [...after].flatMap(([key, { type }]) => {
    const [was, is] = [before.get(key)?.type.text, type.text];
    return was === undefined || was === is ? [] : [[key, { former: was, next: is }] as const];
  });
  if (changed.length === 0) return new Map();
  const callers = listCallees(former.image, next.image, running);
  return new Map(
    changed.flatMap(([key, types]): [string, Retyped][] => {
      const calledBy = callers.get(key) ?? [];
      const isHeld = held.has(key);
      return isHeld || calledBy.length > 0 ? [[key, { ...types, isHeld, callers: calledBy }]] : [];
    }),
  );
};

const compare = (a: Contents, b: Contents, moved: MovedLines): FunctionChange | undefined => {
  if (a.bytes.length !== b.bytes.length || a.references.length !== b.references.length) return 'code';
  const isSameShape = a.references.every(({ offset, type }, index) => {
    const other = b.references[index];
    return other?.offset === offset && other.type === type;
  });
  if (!isSameShape) return 'code';
  const bytes = compareBytes(a.bytes, b.bytes, moved);
  if (bytes === 'code') return bytes;
  const isSame = a.references.every(({ to }, index) => b.references[index]?.to === to);
  if (isSame) return bytes;
  return 'references';
};

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

/** When lines were added above a function, all line numbers in it are higher by as many lines as it begins later. */
const compareBytes = (a: Uint8Array, b: Uint8Array, { shift, lines }: MovedLines): 'code' | 'lines' | undefined => {
  const [before, after] = [a, b].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (before === undefined || after === undefined) return 'code';
  let found: 'lines' | undefined;
  for (let at = 0; at < a.length; at++) {
    if (a[at] === b[at]) continue;
    if (at + 4 > a.length || shift === 0 || !isNumberMoved(a, at)) return 'code';
    const [was, is] = [before.getUint32(at, true), after.getUint32(at, true)];
    // Any other number may have been changed by as much.
    if (is - was !== shift || !lines.some(({ from, to }) => was >= from && was < to)) return 'code';
    found = 'lines';
    at += 3;
  }
  return found;
};
