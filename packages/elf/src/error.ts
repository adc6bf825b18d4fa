// What is wrong with the bytes of an object file, and at which offset.

export type ElfErrorCode = 'elf-not-elf' | 'elf-unsupported' | 'elf-truncated' | 'elf-malformed';

/** Bytes that are not ELF, not ELF64, end too early, or contradict themselves. */
export class ElfError extends Error {
  readonly kind = 'protocol';
  readonly place = 'local';
  readonly code: ElfErrorCode;
  /** Offset in bytes where it was noticed. */
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(code: ElfErrorCode, offset: number, problem: string) {
    super(`${problem} (at byte ${offset})`);
    this.name = 'ElfError';
    this.code = code;
    this.offset = offset;
    this.hint = code === 'elf-truncated' ? 'hand in more of the file' : undefined;
  }
}
