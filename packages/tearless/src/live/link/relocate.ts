// Pieces of an update as they read at the addresses that they come to: each relocation led to what the running program has, or to
// what comes along. Pure.
import { type Relocation, x86_64Relocations } from '@tearless/elf/relocation.ts';
import { isClone } from '../image/local-names.ts';
import { isCode, type Piece } from '../image/piece.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { isFromGot, isRelative } from '../image/target.ts';
import { LiveError } from '../live-error.ts';
import type { Generation } from './generation.ts';
import { type Imports, unresolved } from './imports.ts';
import type { Layout, Place } from './layout.ts';

/** Jumps and relative addresses reach this far. */
export const farthest = 2n ** 31n;

export const relocationsOf = (image: ProgramImage, { section, offset, sizeBytes }: Piece): Relocation[] =>
  image
    .relocationsOf(section.index)
    .filter((relocation) => relocation.offset >= offset && relocation.offset < offset + sizeBytes);

/** Data without names is taken as the whole section that it stands in. */
export const wholeSection = (section: Piece['section']): Piece => ({
  key: `section ${section.index}`,
  section,
  offset: 0,
  sizeBytes: section.sizeBytes,
});

export interface Found {
  readonly address: bigint;
  /** Of a library, which may lie farther away than a jump reaches. */
  readonly isImport: boolean;
  /** Of a library's variable: nothing but a slot leads there. */
  readonly isVariable?: boolean;
  /** The address is only known when the update is in place, and stands at `address` then. */
  readonly isChosen?: boolean;
}

export type AddressOf = (relocation: Relocation) => Found;

/** Addresses that are called lead to the new code; addresses that are handed on stay what they were, since others compare them. */
export const resolver =
  (image: ProgramImage, layout: Layout, former: Generation, imports: Imports): AddressOf =>
  (relocation) => {
    const target = image.targetOf(relocation);
    const within = BigInt(target.within);
    if (target.kind === 'import') {
      const reached = imports.reach(target.name);
      if (reached.kind === 'chosen') {
        if (within !== 0n) throw unfit(target.name);
        return { address: layout.own(reached.place).address, isImport: true, isChosen: true };
      }
      const { kind, address } = reached;
      return { address: address + within, isImport: kind !== 'program', isVariable: kind === 'variable' };
    }
    if (target.kind === 'nameless')
      return { address: layout.addressOf(wholeSection(target.section)) + within, isImport: false };
    const { piece } = target;
    // Places inside a function, as tables of jumps have them, are the new code's own.
    // What a clone takes in which register may have changed: only what comes with it may call it.
    const isEntry = isCode(piece.section) && target.within === 0 && !isClone(piece.key);
    if (isEntry) {
      const address = former.addresses.get(piece.key) ?? layout.find(piece);
      if (address === undefined) throw unresolved(piece.key);
      return { address, isImport: false };
    }
    const address = layout.find(piece) ?? former.addresses.get(piece.key);
    if (address === undefined) throw unresolved(piece.key);
    return { address: address + within, isImport: false };
  };

/** @throws LiveError `live-link-unresolved`, `live-link-unsupported`, `live-link-too-far` */
export const writePiece = (
  image: ProgramImage,
  layout: Layout,
  piece: Piece,
  { address: begin, bytes }: Place,
  addressOf: AddressOf,
): void => {
  const content = image.file.content(piece.section);
  bytes.set(content.subarray(piece.offset, piece.offset + piece.sizeBytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const relocation of relocationsOf(image, piece)) {
    const { type, offset, addend } = relocation;
    const at = offset - piece.offset;
    const place = begin + BigInt(at);
    if (type === x86_64Relocations.none) continue;
    if (type === x86_64Relocations.absolute64) {
      const { address, isChosen } = addressOf(relocation);
      if (isChosen === true) throw unfit(piece.key);
      view.setBigUint64(at, address, true);
      continue;
    }
    if (!isRelative(type)) throw unsupported(type, piece.key);
    const { address, isImport, isVariable, isChosen } = addressOf(relocation);
    if (isVariable === true && !isFromGot(type)) throw unfit(piece.key);
    // What the field leads to, less what the target added for the field's own four bytes.
    const own = addend + 4n;
    const slot = (): bigint => (isChosen === true ? address : layout.slotFor(address - own));
    const near = isFromGot(type)
      ? slot() + own
      : isImport && (isChosen === true || !isWithin(address, place))
        ? layout.stubThrough(slot()) + own
        : address;
    const distance = near - 4n - place;
    if (distance < -farthest || distance >= farthest) throw tooFar(piece.key);
    view.setInt32(at, Number(distance), true);
  }
};

const isWithin = (address: bigint, place: bigint): boolean => {
  const distance = address - place;
  return distance > -farthest + 16n && distance < farthest - 16n;
};

const unsupported = (type: number, subject: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-unsupported',
    message: `${subject} has a relocation of type ${type}, which an update cannot carry`,
    subject,
    hint: 'variables of each thread are such: restart instead',
  });

const unfit = (subject: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-import-unfit',
    message: `${subject} uses something of a library in a way that only a program which starts can`,
    subject,
    hint: 'variables of libraries are reached by their functions, and functions that a library chooses among are only called: change it, or restart instead',
  });

export const tooFar = (subject: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-too-far',
    message: `${subject} would lie too far from what it refers to`,
    subject,
    hint: 'no memory was free near the program: restart instead',
  });
