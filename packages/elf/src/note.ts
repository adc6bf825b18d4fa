// Notes: named records that compilers and linkers leave in PT_NOTE segments (System V gABI, "Note Section").
import { ElfError } from './error.ts';
import { elfReader } from './reader.ts';

export interface Note {
  /** Who defines the type, such as `GNU`. */
  readonly owner: string;
  readonly type: number;
  readonly description: Uint8Array;
}

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/**
 * Decodes the bytes of one note segment.
 * @param alignment the segment's `p_align`: 8 pads to eight bytes, everything else to four
 * @throws ElfError `elf-malformed` when a record reaches beyond the segment
 */
export const decodeNotes = (segment: Uint8Array, littleEndian: boolean, alignment: number): Note[] => {
  const reader = elfReader(segment, littleEndian);
  const to = alignment === 8 ? 8 : 4;
  const notes: Note[] = [];
  for (let at = 0; at + 12 <= segment.length; ) {
    const ownerBytes = reader.u32(at);
    const descriptionBytes = reader.u32(at + 4);
    const ownerAt = at + 12;
    const descriptionAt = at + align(12 + ownerBytes, to);
    if (ownerAt + ownerBytes > segment.length || descriptionAt + descriptionBytes > segment.length)
      throw new ElfError('elf-malformed', at, 'a note reaches beyond its segment');
    notes.push({
      owner: String.fromCharCode(...reader.bytes(ownerAt, Math.min(ownerBytes, 256))).replace(/\0.*$/s, ''),
      type: reader.u32(at + 8),
      description: reader.bytes(descriptionAt, descriptionBytes),
    });
    at = align(descriptionAt + descriptionBytes, to);
  }
  return notes;
};
