// The GNU build-id: what names the contents of a binary, wherever it lies and whatever it is called (ld(1), --build-id).
import { ElfError } from './error.ts';
import { decodeElfHeader } from './header.ts';
import { decodeNotes } from './note.ts';
import { decodeProgramHeaders, segmentTypes } from './program-header.ts';

/** `NT_GNU_BUILD_ID` */
const buildIdType = 3;

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * The build-id of an ELF64 file as lower-case hexadecimal digits, or undefined when it has none. The first 4096 bytes
 * of the file are enough for what GNU ld, gold and lld write.
 * @throws ElfError when the bytes are no ELF64 file, or `elf-truncated` when a note that may be it lies beyond them
 * @example
 * ```ts
 * const buildId = findBuildId(await readFile('/usr/lib/x86_64-linux-gnu/libc.so.6'));
 * ```
 */
export const findBuildId = (bytes: Uint8Array): string | undefined => {
  const header = decodeElfHeader(bytes);
  let beyond: number | undefined;
  for (const { type, offset, fileBytes, align } of decodeProgramHeaders(bytes, header)) {
    if (type !== segmentTypes.note) continue;
    if (offset + fileBytes > bytes.length) {
      beyond ??= offset;
      continue;
    }
    const notes = decodeNotes(bytes.subarray(offset, offset + fileBytes), header.littleEndian, Number(align));
    const found = notes.find((note) => note.owner === 'GNU' && note.type === buildIdType);
    if (found !== undefined) return toHex(found.description);
  }
  if (beyond !== undefined) throw new ElfError('elf-truncated', beyond, 'a note segment lies beyond the bytes');
  return undefined;
};
