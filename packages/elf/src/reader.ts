// Numbers and strings at offsets of a byte array, in the byte order of the file. Every read is checked against the end.
import { ElfError } from './error.ts';

export interface ElfReader {
  readonly sizeBytes: number;
  u8(offset: number): number;
  u16(offset: number): number;
  u32(offset: number): number;
  /** A 64-bit value that must be a safe integer, as every offset and size of a real file is. */
  u64(offset: number): number;
  /** A 64-bit value of any size. */
  big(offset: number): bigint;
  bytes(offset: number, length: number): Uint8Array;
  /** Bytes up to a NUL, one character each. */
  string(offset: number): string;
}

/** @throws ElfError `elf-truncated` from any read that leaves the bytes */
export const elfReader = (bytes: Uint8Array, littleEndian: boolean): ElfReader => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (offset: number, length: number): void => {
    if (offset + length > bytes.length)
      throw new ElfError('elf-truncated', offset, `${length} bytes are needed and ${bytes.length - offset} are there`);
  };
  const big = (offset: number): bigint => {
    need(offset, 8);
    return view.getBigUint64(offset, littleEndian);
  };
  return {
    sizeBytes: bytes.length,
    u8: (offset) => {
      need(offset, 1);
      return view.getUint8(offset);
    },
    u16: (offset) => {
      need(offset, 2);
      return view.getUint16(offset, littleEndian);
    },
    u32: (offset) => {
      need(offset, 4);
      return view.getUint32(offset, littleEndian);
    },
    u64: (offset) => {
      const value = big(offset);
      if (value > BigInt(Number.MAX_SAFE_INTEGER) >> 1n)
        throw new ElfError('elf-malformed', offset, `${value} is no offset or size of a file`);
      return Number(value);
    },
    big,
    bytes: (offset, length) => {
      need(offset, length);
      return bytes.subarray(offset, offset + length);
    },
    string: (offset) => {
      const end = offset < bytes.length ? bytes.indexOf(0, offset) : -1;
      if (end < 0) throw new ElfError('elf-truncated', offset, 'a string has no end');
      return String.fromCharCode(...bytes.subarray(offset, Math.min(end, offset + 4096)));
    },
  };
};
