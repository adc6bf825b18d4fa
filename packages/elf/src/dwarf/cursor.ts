// A place in a byte array that moves on with each read: numbers of fixed and of variable length (DWARF 5, section 7.6).
// Little-endian: every machine that tor runs on in numbers is.
import { ElfError } from '../error.ts';

export class Cursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws ElfError `elf-truncated` */
  #take(length: number): number {
    const from = this.at;
    if (from + length > this.bytes.length)
      throw new ElfError('elf-truncated', from, `debug information of ${this.bytes.length} bytes ends too early`);
    this.at = from + length;
    return from;
  }

  skip(length: number): void {
    this.#take(length);
  }

  u8(): number {
    const from = this.at;
    const value = this.bytes[from];
    if (value === undefined) return this.#take(1);
    this.at = from + 1;
    return value;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u24(): number {
    return this.u16() | (this.u8() << 16);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** An offset into a section, of four bytes or of eight. */
  offset(bytes: 4 | 8): number {
    if (bytes === 4) return this.u32();
    const value = this.u64();
    if (value > BigInt(this.bytes.length) && value > 2n ** 40n)
      throw new ElfError('elf-malformed', this.at - 8, `${value} is no offset`);
    return Number(value);
  }

  /** A number of variable length that fits a safe integer; what is larger comes out as the nearest one. */
  uleb(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
      if (scale > 2 ** 70) throw new ElfError('elf-malformed', this.at, 'a number does not end');
    }
  }

  sleb(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return (byte & 64) === 0 ? value : value - scale;
      if (scale > 2 ** 70) throw new ElfError('elf-malformed', this.at, 'a number does not end');
    }
  }

  /** Bytes up to a NUL, which is passed too. */
  string(): string {
    const from = this.at;
    const end = this.bytes.indexOf(0, from);
    if (end < 0) throw new ElfError('elf-truncated', from, 'a string has no end');
    this.at = end + 1;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, end - from).toString('latin1');
  }

  block(length: number): Uint8Array {
    const from = this.#take(length);
    return this.bytes.subarray(from, from + length);
  }
}
