// How to unwind out of functions, taken from the relocatable file of a build (LSB core, "Exception Frames"; DWARF 5, section 6.4), for the
// addresses that they come to. Only the form that compilers give C on x86-64 is taken: addresses relative to their own place. Pure.
import type { ElfSection } from '@tearless/elf/section.ts';
import type { Piece } from '../image/piece.ts';
import type { ProgramImage } from '../image/program-image.ts';

/** How to unwind out of a part of what an update brings. */
export interface Frame {
  readonly of: FrameOwner;
  /** Where in that it begins. */
  readonly within: number;
  readonly sizeBytes: number;
  /** What it has in common with others: behind the length and the mark. */
  readonly common: Uint8Array;
  /** Behind the size of the part. */
  readonly instructions: Uint8Array;
}

/** A function of the build, or code that only the update has, by its name in the layout. */
export type FrameOwner =
  | { readonly kind: 'piece'; readonly piece: Piece }
  | { readonly kind: 'own'; readonly name: string };

const relativeToPlace = 0x1b;
const headBytes = 8;
const rangeBytes = 8;

/** @param pieces functions, by their key */
export const readFrames = (image: ProgramImage, pieces: ReadonlyMap<string, Piece>): Frame[] =>
  image.file.sections
    .filter(({ name }) => name === '.eh_frame')
    .flatMap((section) => readSection(image, section, pieces));

const readSection = (image: ProgramImage, section: ElfSection, pieces: ReadonlyMap<string, Piece>): Frame[] => {
  const content = image.file.content(section);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const places = new Map(image.relocationsOf(section.index).map((relocation) => [relocation.offset, relocation]));
  const frames: Frame[] = [];
  for (let at = 0; at + headBytes <= content.length; ) {
    const lengthBytes = view.getUint32(at, true);
    const [from, end] = [at, at + 4 + lengthBytes];
    at = end;
    if (lengthBytes === 0 || lengthBytes === 0xffffffff || end > content.length) continue;
    const back = view.getUint32(from + 4, true);
    if (back === 0) continue;
    const relocation = places.get(from + headBytes);
    const commonFrom = from + 4 - back;
    const commonEnd = commonFrom < 0 ? 0 : commonFrom + 4 + view.getUint32(commonFrom, true);
    const common = content.subarray(commonFrom + headBytes, commonEnd);
    if (relocation === undefined || !isPlain(common)) continue;
    const target = image.targetOf({ ...relocation, addend: relocation.addend - 4n });
    if (target.kind !== 'piece' || pieces.get(target.piece.key) !== target.piece) continue;
    frames.push({
      of: { kind: 'piece', piece: target.piece },
      within: target.within,
      sizeBytes: view.getUint32(from + headBytes + 4, true),
      common,
      instructions: content.subarray(from + headBytes + rangeBytes, end),
    });
  }
  return frames;
};

/** Version 1, augmentation `zR`, places as they are here; what C++ adds is not. */
const isPlain = (common: Uint8Array): boolean => {
  const text = Buffer.from(common.subarray(0, 4)).toString('latin1');
  // Alignments of one and minus eight, the return address in register 16, one byte of augmentation.
  return text === '\x01zR\0' && [1, 0x78, 16, 1, relativeToPlace].every((byte, index) => common[4 + index] === byte);
};

/** What compilers write for C: on entry the caller's frame is at rsp + 8, and the return address right below it. */
const usual = [1, 0x7a, 0x52, 0, 1, 0x78, 16, 1, relativeToPlace, 0x0c, 7, 8, 0x90, 1];

/**
 * Of code that begins with endbr64, push %rbp, mov %rsp, %rbp, as hooks do.
 * @param name in the layout
 */
export const frameOfHook = (name: string, sizeBytes: number): Frame => ({
  of: { kind: 'own', name },
  within: 0,
  sizeBytes,
  common: Uint8Array.from(usual),
  // No augmentation; behind the push (5 bytes) the frame is 16 away and rbp saved there; behind the mov (3 more) rbp holds it.
  instructions: Uint8Array.from([0, 0x45, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6]),
});

const align8 = (value: number): number => Math.ceil(value / 8) * 8;

/** Length with the padding that keeps everything at multiples of eight. */
const recordBytes = (contentBytes: number): number => align8(4 + contentBytes);

/**
 * A section of frames, with the four nulls that end it.
 * @param at where it comes to lie
 */
export const encodeFrames = (
  frames: readonly Frame[],
  at: bigint,
  addressOf: (of: FrameOwner) => bigint,
): Uint8Array => {
  const records: Buffer[] = [];
  const commons = new Map<string, number>();
  let size = 0;
  const add = (content: Buffer): number => {
    const place = size;
    // Nulls behind the instructions are instructions that do nothing.
    const record = Buffer.alloc(recordBytes(content.length));
    record.writeUInt32LE(record.length - 4, 0);
    content.copy(record, 4);
    records.push(record);
    size += record.length;
    return place;
  };
  for (const { of, within, sizeBytes, common, instructions } of frames) {
    const key = Buffer.from(common).toString('latin1');
    const commonAt = commons.get(key) ?? add(Buffer.concat([Buffer.alloc(4), common]));
    commons.set(key, commonAt);
    const head = Buffer.alloc(4 + rangeBytes);
    head.writeUInt32LE(size + 4 - commonAt, 0);
    const place = at + BigInt(size + headBytes);
    head.writeInt32LE(Number(BigInt.asIntN(32, addressOf(of) + BigInt(within) - place)), 4);
    head.writeUInt32LE(sizeBytes, 8);
    add(Buffer.concat([head, instructions]));
  }
  return Buffer.concat([...records, Buffer.alloc(4)]);
};
