// The linker of updates: functions that changed, with what only they need, as bytes for addresses near the running program. They use
// its variables, its unchanged functions and its libraries where they are. Nothing is both written and run. Pure.
import { type Relocation, x86_64Relocations } from '@tearless/elf/relocation.ts';
import { descriptorVariable } from '../debugger/jit-interface.ts';
import { planDebugger } from '../debugger/place-debugger.ts';
import { listNewVariables } from '../diff/diff-variables.ts';
import { isClone } from '../image/local-names.ts';
import { isCode, isConstant, type Piece } from '../image/piece.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { LiveError } from '../live-error.ts';
import { resolveRules } from '../rules/resolve-rules.ts';
import { placeBuildMark } from './build-mark.ts';
import { listBrought } from './closure.ts';
import type { Generation } from './generation.ts';
import { type Around, type Hooks, placeHooks } from './hooks.ts';
import { type Expected, Imports } from './imports.ts';
import { Layout } from './layout.ts';
import type { LinkOptions } from './link-options.ts';
import { type MemoryChange, splitChange } from './memory-change.ts';
import type { Region } from './region.ts';
import { farthest, relocationsOf, resolver, tooFar, wholeSection, writePiece } from './relocate.ts';
import { planRewrites } from './rewrites.ts';

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
  /** What must stand where it was read: libraries that new code uses for the first time. */
  readonly expected: readonly Expected[];
  readonly hooks: Hooks;
  /** Where everything is afterwards. */
  readonly generation: Generation;
}

const jumpBytes = 5;
const jumpOpcode = 0xe9;
const endbr64 = [0xf3, 0x0f, 0x1e, 0xfa];

/** @throws LiveError `live-link-unresolved`, `live-link-too-far`, `live-link-unsupported`, `live-link-no-room`, `live-link-beginning-unknown`, `live-rules-bad`, those of `findImport` */
export const linkUpdate = (given: LinkOptions): LinkedUpdate => {
  const options = { ...given, former: withoutGone(given) };
  const { sides, differences, former, sameConstants, at } = options;
  const { image } = sides.next;
  const layout = new Layout(at);
  const isThere = (key: string): boolean => sameConstants.has(key) && former.addresses.has(key);
  const { declared, actions } = resolveRules(options.rules, sides, differences, 'the rules');
  const brought = listBrought(differences, image, [...declared.anew.values()].flat());
  const imports = new Imports(image.asked, former, options.libraries);
  const pieces = [...brought].flatMap((key) => image.functions.get(key) ?? []);
  for (const { key, isChooser } of pieces) if (isChooser === true) throw unfitCode(key);
  for (const piece of pieces) layout.place(piece, 'code');
  for (const key of [...listNewVariables(differences.variables), ...declared.anew.keys()]) {
    const piece = image.writable.get(key);
    if (piece !== undefined) layout.place(piece, 'variables');
  }
  const rewrites = planRewrites(declared, options);
  for (const { piece } of rewrites)
    if (piece !== undefined)
      for (const relocation of relocationsOf(image, piece)) need(image, layout, isThere, imports, relocation);
  // Constants are found as they are needed, and those that they need in turn.
  for (let next = layout.nextUnread(); next !== undefined; next = layout.nextUnread())
    for (const relocation of relocationsOf(image, next)) need(image, layout, isThere, imports, relocation);
  const addressOf = resolver(image, layout, former, imports);
  const debug = planDebugger(layout, { image, pieces, former, unwinder: options.unwinder });
  const chosenFirst = ({ first, last }: Around): Around => ({ first: [...imports.actions, ...first], last });
  const writeHooks = placeHooks(layout, actions, declared.members, chosenFirst(debug.shape), options);
  debug.place();
  const writeMark = placeBuildMark(layout, image.buildId);
  layout.settle();
  const debuggers = debug.write();
  const hooks = writeHooks(chosenFirst(debuggers));
  const initial = new Map(former.initial);
  for (const piece of layout.pieces()) {
    const place = layout.placeOf(piece);
    writePiece(image, layout, piece, place, addressOf);
    if (!isCode(piece.section) && !isConstant(piece.section)) initial.set(piece.key, place.bytes.slice());
  }
  const changes = rewrites.flatMap(({ key, piece, address, bytes }): MemoryChange[] => {
    if (piece === undefined) return [{ address, former: bytes, next: bytes }];
    const next = new Uint8Array(bytes.length);
    writePiece(image, layout, piece, { address, bytes: next }, addressOf);
    initial.set(key, next);
    return splitChange({ address, former: bytes, next });
  });
  for (const { next } of debuggers.changes) initial.set(descriptorVariable, next);
  const addresses = new Map([...former.addresses, ...writeMark()]);
  for (const piece of layout.pieces()) {
    // Compilers make one of functions and of constants that are the same: it goes by several keys.
    const alike = image
      .piecesIn(piece.section.index)
      .filter(({ key, offset }) => offset === piece.offset && !isThere(key));
    for (const { key } of [piece, ...alike]) {
      // Nothing jumps from a former clone to the latest, so what calls it next must find that one.
      const isNew = !addresses.has(key) || !isCode(piece.section) || isClone(key);
      if (isNew) addresses.set(key, layout.addressOf(piece));
    }
  }
  return {
    regions: layout.regions(),
    redirects: pieces.flatMap((piece) => redirect(piece, layout.addressOf(piece), options)),
    changes: [...changes, ...debuggers.changes],
    expected: imports.expected,
    hooks,
    generation: { ...former, addresses, initial },
  };
};

/** A function that was gone and comes again is another: who still holds the former goes on calling that. */
const withoutGone = ({ former, differences: { code } }: LinkOptions): Generation => {
  const again = code.added.filter((key) => former.addresses.has(key));
  if (again.length === 0) return former;
  return { ...former, addresses: new Map([...former.addresses].filter(([key]) => !again.includes(key))) };
};

/** Data that code refers to and that the running program has not comes along. */
const need = (
  image: ProgramImage,
  layout: Layout,
  isThere: (key: string) => boolean,
  imports: Imports,
  relocation: Relocation,
): void => {
  if (relocation.type === x86_64Relocations.none) return;
  const target = image.targetOf(relocation);
  if (target.kind === 'import') imports.need(target.name, layout);
  else if (target.kind === 'nameless' && isCode(target.section)) throw unfitCode(target.section.name);
  else if (target.kind === 'piece' && target.piece.isChooser === true) throw unfitCode(target.piece.key);
  else if (target.kind === 'nameless') layout.place(wholeSection(target.section), 'constants');
  else if (target.kind === 'piece' && !isCode(target.piece.section) && isConstant(target.piece.section)) {
    if (!isThere(target.piece.key)) layout.place(target.piece, 'constants');
  }
};

/** A jump behind the mark that indirect calls need. Clones are not redirected: whoever calls them came along. */
const redirect = (piece: Piece, to: bigint, { former, sides, readCode }: LinkOptions): Redirect[] => {
  const entry = former.addresses.get(piece.key);
  if (entry === undefined || isClone(piece.key)) return [];
  const head = readCode(entry, endbr64.length + jumpBytes);
  const isMarked = endbr64.every((byte, index) => head[index] === byte);
  const skipped = isMarked ? endbr64.length : 0;
  const from = entry + BigInt(skipped);
  const distance = to - (from + BigInt(jumpBytes));
  if (distance < -farthest || distance >= farthest) throw tooFar(piece.key);
  // Most functions begin at multiples of 16: behind a short one there is room before the next. A jump may be there already.
  const was = sides.former.image.functions.get(piece.key);
  const isShort = was === undefined || (was.section.alignBytes < 16 && was.sizeBytes < skipped + jumpBytes);
  if (isShort && head[skipped] !== jumpOpcode) throw noRoom(piece.key);
  const bytes = new Uint8Array(jumpBytes);
  bytes[0] = jumpOpcode;
  new DataView(bytes.buffer).setInt32(1, Number(distance), true);
  return [{ key: piece.key, address: from, before: head.slice(skipped, skipped + jumpBytes), bytes }];
};

const unfitCode = (subject: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-unsupported',
    message: `${subject} is code that an update cannot carry: it has no name of a function, or chooses one when the program starts`,
    subject,
    hint: 'restart instead',
  });

const noRoom = (subject: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-no-room',
    message: `${subject} is too short for a jump at its entry`,
    subject,
    hint: 'restart instead',
  });
