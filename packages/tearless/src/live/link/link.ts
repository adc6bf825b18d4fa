// The linker of updates: functions that changed, with what only they need, as bytes for addresses near the running program. They use
// its variables, its unchanged functions and its libraries where they are. Nothing is both written and run. Pure.
import { type Relocation, x86_64Relocations } from '@tearless/elf/relocation.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import { isClone } from '../image/local-names.ts';
import { isCode, isConstant, type Piece } from '../image/piece.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { isFromGot, isRelative } from '../image/target.ts';
import { LiveError } from '../live-error.ts';
import type { Rules } from '../rules/rules.ts';
import type { Differences } from '../verdict/verdict.ts';
import { listBrought } from './closure.ts';
import type { Generation } from './generation.ts';
import { Layout } from './layout.ts';
import type { MemoryChange } from './memory-change.ts';
import type { Region } from './region.ts';

/** A jump to write at the entry of a function. */
export interface Redirect {
  readonly key: string;
  readonly address: bigint;
  /** What stands there now. */
  readonly before: Uint8Array;
  /** Instructions, whole. */
  readonly bytes: Uint8Array;
}

export interface LinkedUpdate {
  readonly regions: readonly Region[];
  readonly redirects: readonly Redirect[];
  /** Variables of the running program. */
  readonly changes: readonly MemoryChange[];
  readonly hooks: Hooks;
  /** Where everything is afterwards. */
  readonly generation: Generation;
}

/** Addresses of `int (*)(void)` in the update's own code, in the order in which they are called. */
export interface Hooks {
  /** Behind all writes of the update. */
  readonly up: readonly bigint[];
  /** Behind all writes of its rollback: what the update brought is still mapped then. */
  readonly down: readonly bigint[];
}

export interface LinkOptions {
  /** The build whose code the process runs now, and the one that it is to become. */
  readonly sides: { readonly former: VariableSide; readonly next: VariableSide };
  /** What a person says of the release; undefined for nothing. */
  readonly rules: Rules | undefined;
  readonly differences: Pick<Differences, 'code' | 'variables'>;
  readonly former: Generation;
  /** Keys of `listSameConstants`. */
  readonly sameConstants: ReadonlySet<string>;
  /** Reads code of the running program. */
  readonly readCode: (address: bigint, lengthBytes: number) => Uint8Array;
  /** Free addresses within two gigabytes of the program, a whole number of pages. */
  readonly at: bigint;
}

const jumpBytes = 5;
const endbr64 = [0xf3, 0x0f, 0x1e, 0xfa];
const farthest = 2n ** 31n;

/** @throws LiveError `live-link-unresolved`, `live-link-too-far`, `live-link-unsupported`, `live-link-no-room` */
export const linkUpdate = (options: LinkOptions): LinkedUpdate => {
  const { sides, differences, former, sameConstants, at } = options;
  const { image } = sides.next;
  const layout = new Layout(at);
  const isThere = (key: string): boolean => sameConstants.has(key) && former.addresses.has(key);
  const brought = listBrought(differences.code, image);
  const pieces = [...brought].flatMap((key) => image.functions.get(key) ?? []);
  for (const piece of pieces) layout.place(piece, 'code');
  for (const key of differences.variables.added) {
    const piece = image.writable.get(key);
    if (piece !== undefined) layout.place(piece, 'variables');
  }
  // Constants are found as they are needed, and those that they need in turn.
  for (let next = layout.nextUnread(); next !== undefined; next = layout.nextUnread())
    for (const relocation of relocationsOf(image, next)) need(image, layout, isThere, relocation);
  const addressOf = resolver(image, layout, former);
  layout.settle();
  for (const piece of layout.pieces()) writePiece(image, layout, piece, addressOf);
  const addresses = new Map(former.addresses);
  for (const piece of layout.pieces()) {
    const isNew = !addresses.has(piece.key) || !isCode(piece.section);
    if (isNew) addresses.set(piece.key, layout.addressOf(piece));
  }
  return {
    regions: layout.regions(),
    redirects: pieces.flatMap((piece) => redirect(piece, layout.addressOf(piece), options)),
    changes: [],
    hooks: { up: [], down: [] },
    generation: { addresses, imports: former.imports },
  };
};

const relocationsOf = (image: ProgramImage, { section, offset, sizeBytes }: Piece): Relocation[] =>
  image
    .relocationsOf(section.index)
    .filter((relocation) => relocation.offset >= offset && relocation.offset < offset + sizeBytes);

/** Data that code refers to and that the running program has not comes along. */
const need = (image: ProgramImage, layout: Layout, isThere: (key: string) => boolean, relocation: Relocation): void => {
  const target = image.targetOf(relocation);
  if (target.kind === 'nameless') layout.place(wholeSection(target.section), 'constants');
  else if (target.kind === 'piece' && !isCode(target.piece.section) && isConstant(target.piece.section)) {
    if (!isThere(target.piece.key)) layout.place(target.piece, 'constants');
  }
};

/** Data without names is taken as the whole section that it stands in. */
const wholeSection = (section: Piece['section']): Piece => ({
  key: `section ${section.index}`,
  section,
  offset: 0,
  sizeBytes: section.sizeBytes,
});

type AddressOf = (relocation: Relocation) => { readonly address: bigint; readonly isImport: boolean };

/** Addresses that are called lead to the new code; addresses that are handed on stay what they were, since others compare them. */
const resolver =
  (image: ProgramImage, layout: Layout, former: Generation): AddressOf =>
  (relocation) => {
    const target = image.targetOf(relocation);
    const within = BigInt(target.within);
    if (target.kind === 'import') {
      const address = former.imports.get(target.name) ?? former.addresses.get(target.name);
      if (address === undefined) throw unresolved(target.name);
      return { address: address + within, isImport: former.imports.has(target.name) };
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

const unresolved = (name: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-unresolved',
    message: `the running program has nothing that is called ${name}, and neither has the update`,
    subject: name,
    hint: 'a library that is not loaded cannot be added to what runs: restart it',
  });

const writePiece = (image: ProgramImage, layout: Layout, piece: Piece, addressOf: AddressOf): void => {
  const bytes = layout.bytesOf(piece);
  const content = image.file.content(piece.section);
  bytes.set(content.subarray(piece.offset, piece.offset + piece.sizeBytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const relocation of relocationsOf(image, piece)) {
    const { type, offset, addend } = relocation;
    const at = offset - piece.offset;
    const place = layout.addressOf(piece) + BigInt(at);
    if (type === x86_64Relocations.none) continue;
    if (type === x86_64Relocations.absolute64) {
      view.setBigUint64(at, addressOf(relocation).address, true);
      continue;
    }
    if (!isRelative(type)) throw unsupported(type, piece.key);
    const { address, isImport } = addressOf(relocation);
    // What the field leads to, less what the target added for the field's own four bytes.
    const own = addend + 4n;
    const near = isFromGot(type)
      ? layout.slotFor(address - own) + own
      : isImport && !isWithin(address, place)
        ? layout.stubFor(address - own) + own
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

const tooFar = (subject: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-too-far',
    message: `${subject} would lie too far from what it refers to`,
    subject,
    hint: 'no memory was free near the program: restart instead',
  });

/** A jump behind the mark that indirect calls need. Clones are not redirected: whoever calls them came along. */
const redirect = (piece: Piece, to: bigint, { former, readCode }: LinkOptions): Redirect[] => {
  const entry = former.addresses.get(piece.key);
  if (entry === undefined || isClone(piece.key)) return [];
  const head = readCode(entry, endbr64.length + jumpBytes);
  const isMarked = endbr64.every((byte, index) => head[index] === byte);
  const skipped = isMarked ? endbr64.length : 0;
  const from = entry + BigInt(skipped);
  const distance = to - (from + BigInt(jumpBytes));
  if (distance < -farthest || distance >= farthest) throw tooFar(piece.key);
  // Functions begin at multiples of 16: behind a short one there is room before the next.
  if (piece.section.alignBytes < 16 && piece.sizeBytes < skipped + jumpBytes) throw noRoom(piece.key);
  const bytes = new Uint8Array(jumpBytes);
  bytes[0] = 0xe9;
  new DataView(bytes.buffer).setInt32(1, Number(distance), true);
  return [{ key: piece.key, address: from, before: head.slice(skipped, skipped + jumpBytes), bytes }];
};

const noRoom = (subject: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-no-room',
    message: `${subject} is too short for a jump at its entry`,
    subject,
    hint: 'restart instead',
  });
