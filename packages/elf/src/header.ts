// The ELF header: byte order, kind and machine of the file, and where its tables lie (System V gABI, "ELF Header").
import { ElfError } from './error.ts';
import { type ElfReader, elfReader } from './reader.ts';

export interface ElfHeader {
  readonly littleEndian: boolean;
  /** `e_type`: 2 executable, 3 shared object or position-independent executable, 1 relocatable, 4 core. */
  readonly type: number;
  /** `e_machine`: 62 x86-64, 183 AArch64. */
  readonly machine: number;
  readonly programHeaders: { readonly offset: number; readonly entryBytes: number; readonly count: number };
  readonly sectionHeaders: { readonly offset: number; readonly entryBytes: number; readonly count: number };
}

const class64 = 2;
const headerBytes = 64;
const programHeaderBytes = 56;
/** `PN_XNUM`: the true count stands elsewhere; no shared library has so many. */
const countElsewhere = 0xffff;

/** The reader for a file whose header was decoded. */
export const readerFor = (bytes: Uint8Array, header: ElfHeader): ElfReader => elfReader(bytes, header.littleEndian);

/** True when the bytes begin with ELF's magic number. */
export const isElf = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;

/**
 * Decodes the first 64 bytes of an ELF64 file of either byte order.
 * @throws ElfError `elf-not-elf`, `elf-unsupported` (32 bit, unknown byte order or version), `elf-truncated`, `elf-malformed`
 */
export const decodeElfHeader = (bytes: Uint8Array): ElfHeader => {
  if (!isElf(bytes)) throw new ElfError('elf-not-elf', 0, 'the magic number is missing');
  if (bytes.length < headerBytes)
    throw new ElfError('elf-truncated', bytes.length, `the header has ${headerBytes} bytes`);
  if (bytes[4] !== class64) throw new ElfError('elf-unsupported', 4, `class ${bytes[4]} is not 64 bit`);
  const order = bytes[5];
  if (order !== 1 && order !== 2) throw new ElfError('elf-unsupported', 5, `byte order ${order} is unknown`);
  if (bytes[6] !== 1) throw new ElfError('elf-unsupported', 6, `version ${bytes[6]} is unknown`);
  const littleEndian = order === 1;
  const reader = elfReader(bytes, littleEndian);
  const header: ElfHeader = {
    littleEndian,
    type: reader.u16(16),
    machine: reader.u16(18),
    programHeaders: { offset: reader.u64(32), entryBytes: reader.u16(54), count: reader.u16(56) },
    sectionHeaders: { offset: reader.u64(40), entryBytes: reader.u16(58), count: reader.u16(60) },
  };
  const { entryBytes, count } = header.programHeaders;
  if (count === countElsewhere) throw new ElfError('elf-unsupported', 56, 'more than 65,534 program headers');
  if (count > 0 && entryBytes < programHeaderBytes)
    throw new ElfError('elf-malformed', 54, `a program header has ${programHeaderBytes} bytes, not ${entryBytes}`);
  return header;
};
