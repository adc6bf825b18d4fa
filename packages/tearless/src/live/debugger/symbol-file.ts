// A small ELF file in the process's own memory, of the code that an update brought: its names, and how to unwind out of it. Debuggers
// read it where the record of it says (GDB manual, "JIT Compilation Interface"). Pure.

export interface CodeSymbol {
  readonly name: string;
  readonly address: bigint;
  readonly sizeBytes: number;
}

export interface SymbolFile {
  readonly code: { readonly address: bigint; readonly sizeBytes: number };
  readonly symbols: readonly CodeSymbol[];
  /** Where the frames come to lie, which is within the file: `framesOffset` from its beginning. */
  readonly frames: Uint8Array;
}

/** The frames stand right behind the head. */
export const framesOffset = 64;

const sectionBytes = 64;
const symbolBytes = 24;
const types = { bits: 1, symbols: 2, strings: 3, noBits: 8 } as const;
const align8 = (value: number): number => Math.ceil(value / 8) * 8;

class Strings {
  readonly #parts: Buffer[] = [Buffer.alloc(1)];
  #size = 1;

  add(text: string): number {
    const at = this.#size;
    const part = Buffer.from(`${text}\0`);
    this.#parts.push(part);
    this.#size += part.length;
    return at;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** @param at where it comes to lie; its length does not depend on that */
export const encodeSymbolFile = ({ code, symbols, frames }: SymbolFile, at: bigint): Uint8Array => {
  const [strings, names] = [new Strings(), new Strings()];
  const table = Buffer.alloc(symbolBytes * (symbols.length + 1));
  symbols.forEach(({ name, address, sizeBytes }, index) => {
    const from = symbolBytes * (index + 1);
    table.writeUInt32LE(strings.add(name), from);
    // Global, a function, in the first section.
    table.writeUInt8(0x12, from + 4);
    table.writeUInt16LE(1, from + 6);
    table.writeBigUInt64LE(address, from + 8);
    table.writeBigUInt64LE(BigInt(sizeBytes), from + 16);
  });
  const strtab = strings.bytes();
  const parts = [
    {
      name: '.text',
      type: types.noBits,
      flags: 6,
      address: code.address,
      bytes: Buffer.alloc(0),
      size: code.sizeBytes,
    },
    { name: '.eh_frame', type: types.bits, flags: 2, address: at + BigInt(framesOffset), bytes: Buffer.from(frames) },
    { name: '.symtab', type: types.symbols, flags: 0, address: 0n, bytes: table, link: 4, info: 1, entry: symbolBytes },
    { name: '.strtab', type: types.strings, flags: 0, address: 0n, bytes: strtab },
  ];
  const named = parts.map((part) => ({ ...part, nameAt: names.add(part.name) }));
  const ownName = names.add('.shstrtab');
  const shstrtab = names.bytes();
  const headers: Buffer[] = [Buffer.alloc(sectionBytes)];
  const contents: Buffer[] = [];
  let offset = framesOffset;
  const put = (part: Omit<(typeof named)[number], 'name'>): void => {
    const header = Buffer.alloc(sectionBytes);
    header.writeUInt32LE(part.nameAt, 0);
    header.writeUInt32LE(part.type, 4);
    header.writeBigUInt64LE(BigInt(part.flags), 8);
    header.writeBigUInt64LE(part.address, 16);
    header.writeBigUInt64LE(BigInt(offset), 24);
    header.writeBigUInt64LE(BigInt(part.size ?? part.bytes.length), 32);
    header.writeUInt32LE(part.link ?? 0, 40);
    header.writeUInt32LE(part.info ?? 0, 44);
    header.writeBigUInt64LE(8n, 48);
    header.writeBigUInt64LE(BigInt(part.entry ?? 0), 56);
    headers.push(header);
    const padded = Buffer.alloc(align8(part.bytes.length));
    part.bytes.copy(padded);
    contents.push(padded);
    offset += padded.length;
  };
  for (const part of named) put(part);
  put({ nameAt: ownName, type: types.strings, flags: 0, address: 0n, bytes: shstrtab });
  const head = Buffer.alloc(framesOffset);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(head);
  // An executable for x86-64: its addresses are as they are.
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(62, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(offset), 40);
  head.writeUInt16LE(framesOffset, 52);
  head.writeUInt16LE(sectionBytes, 58);
  head.writeUInt16LE(headers.length, 60);
  head.writeUInt16LE(headers.length - 1, 62);
  return Buffer.concat([head, ...contents, ...headers]);
};
