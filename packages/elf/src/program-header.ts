// Program headers: which parts of the file become which parts of memory (System V gABI, "Program Header").
import type { ElfHeader } from './header.ts';
import { readerFor } from './header.ts';

export const segmentTypes = { load: 1, dynamic: 2, note: 4 } as const;

export interface ProgramHeader {
  readonly type: number;
  /** Bit 0 execute, bit 1 write, bit 2 read. */
  readonly flags: number;
  readonly offset: number;
  readonly virtualAddress: bigint;
  readonly fileBytes: number;
  readonly memoryBytes: bigint;
  readonly align: bigint;
}

/** @throws ElfError `elf-truncated` when the table lies beyond the bytes, `elf-malformed` for an impossible offset */
export const decodeProgramHeaders = (bytes: Uint8Array, header: ElfHeader): ProgramHeader[] => {
  const reader = readerFor(bytes, header);
  const { offset, entryBytes, count } = header.programHeaders;
  return Array.from({ length: count }, (_, index) => {
    const at = offset + index * entryBytes;
    return {
      type: reader.u32(at),
      flags: reader.u32(at + 4),
      offset: reader.u64(at + 8),
      virtualAddress: reader.big(at + 16),
      fileBytes: reader.u64(at + 32),
      memoryBytes: reader.big(at + 40),
      align: reader.big(at + 48),
    };
  });
};
