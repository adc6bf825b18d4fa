// For tests: small ELF64 files made of segments, in either byte order.

export interface TestSegment {
  readonly type: number;
  readonly align?: number;
  readonly content: Uint8Array;
}

/** One note record, padded as the alignment asks for. */
export const buildNote = (
  owner: string,
  type: number,
  description: Uint8Array,
  { littleEndian = true, align = 4 } = {},
): Uint8Array => {
  const pad = (size: number): number => Math.ceil(size / align) * align;
  const name = new TextEncoder().encode(`${owner}\0`);
  const descriptionAt = pad(12 + name.length);
  const bytes = new Uint8Array(pad(descriptionAt + description.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, name.length, littleEndian);
  view.setUint32(4, description.length, littleEndian);
  view.setUint32(8, type, littleEndian);
  bytes.set(name, 12);
  bytes.set(description, descriptionAt);
  return bytes;
};

/** A file with a header, program headers and the segments' contents one after the other. */
export const buildElf = (segments: readonly TestSegment[], { littleEndian = true } = {}): Uint8Array => {
  const start = 64 + 56 * segments.length;
  const size = segments.reduce((sum, { content }) => sum + Math.ceil(content.length / 8) * 8, start);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, littleEndian ? 1 : 2, 1]);
  view.setUint16(16, 3, littleEndian);
  view.setUint16(18, 62, littleEndian);
  view.setBigUint64(32, 64n, littleEndian);
  view.setUint16(54, 56, littleEndian);
  view.setUint16(56, segments.length, littleEndian);
  let offset = start;
  for (const [index, { type, align = 4, content }] of segments.entries()) {
    const at = 64 + 56 * index;
    view.setUint32(at, type, littleEndian);
    view.setBigUint64(at + 8, BigInt(offset), littleEndian);
    view.setBigUint64(at + 32, BigInt(content.length), littleEndian);
    view.setBigUint64(at + 48, BigInt(align), littleEndian);
    bytes.set(content, offset);
    offset += Math.ceil(content.length / 8) * 8;
  }
  return bytes;
};
