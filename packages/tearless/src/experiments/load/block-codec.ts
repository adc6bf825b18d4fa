// Measurement blocks as bytes: named columns of numbers, little endian, differences where they shrink, all under zstd.
// Layout after decompression: version (u8), columns (u8), rows (u32), then for each column: length of its name (u8), name,
// type (u8), filter (u8); then the columns' data one after the other.
import { endianness } from 'node:os';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ExperimentError } from '../model/experiment-error.ts';

export type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;
export type Columns = ReadonlyMap<string, Column>;

const version = 1;
const types = [Uint8Array, Uint16Array, Uint32Array, Float64Array] as const;
const filterNone = 0;
const filterDelta = 1;
const swapsBytes = endianness() === 'BE';

const typeOf = (column: Column): number => types.findIndex((type) => column instanceof type);

/** Bytes of a column in little endian; a copy where that takes one. */
const toBytes = (column: Column): Buffer => {
  const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
  if (!swapsBytes || column.BYTES_PER_ELEMENT === 1) return bytes;
  const copy = Buffer.from(bytes);
  if (column.BYTES_PER_ELEMENT === 2) return copy.swap16();
  return column.BYTES_PER_ELEMENT === 4 ? copy.swap32() : copy.swap64();
};

const fromBytes = (bytes: Buffer, type: (typeof types)[number]): Column => {
  const own = new Uint8Array(bytes.byteLength);
  own.set(bytes);
  if (swapsBytes) {
    const view = Buffer.from(own.buffer);
    if (type.BYTES_PER_ELEMENT === 2) view.swap16();
    if (type.BYTES_PER_ELEMENT === 4) view.swap32();
    if (type.BYTES_PER_ELEMENT === 8) view.swap64();
  }
  return new type(own.buffer);
};

/** Exact for unsigned numbers, which wrap, and for doubles that are whole numbers up to 2^52. */
const canDelta = (column: Column): boolean => {
  if (!(column instanceof Float64Array)) return true;
  for (let index = 0; index < column.length; index += 1) {
    const value = column[index] ?? 0;
    if (!Number.isInteger(value) || Math.abs(value) > 2 ** 52 || Object.is(value, -0)) return false;
  }
  return true;
};

const toDeltas = (column: Column): Column => {
  const deltas = column.slice();
  let before = 0;
  for (let index = 0; index < column.length; index += 1) {
    const value = column[index] ?? 0;
    deltas[index] = value - before;
    before = value;
  }
  return deltas;
};

const addUp = (column: Column): void => {
  if (column instanceof Float64Array) {
    let sum = 0;
    for (let index = 0; index < column.length; index += 1) {
      sum += column[index] ?? 0;
      column[index] = sum;
    }
    return;
  }
  for (let index = 1; index < column.length; index += 1)
    column[index] = (column[index] ?? 0) + (column[index - 1] ?? 0);
};

/**
 * @param columns all of one length; names of up to 255 bytes
 * @param deltas names of columns whose neighbours lie close together
 */
export const encodeBlock = (columns: Columns, deltas: ReadonlySet<string>): Uint8Array => {
  const rows = columns.values().next().value?.length ?? 0;
  const parts: Buffer[] = [];
  const data: Buffer[] = [];
  const start = Buffer.alloc(6);
  start.writeUInt8(version, 0);
  start.writeUInt8(columns.size, 1);
  start.writeUInt32LE(rows, 2);
  for (const [name, column] of columns) {
    const text = Buffer.from(name, 'utf8');
    const delta = deltas.has(name) && canDelta(column);
    parts.push(Buffer.from([text.length]), text, Buffer.from([typeOf(column), delta ? filterDelta : filterNone]));
    data.push(toBytes(delta ? toDeltas(column) : column));
  }
  return zstdCompressSync(Buffer.concat([start, ...parts, ...data]), {
    params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
  });
};

const broken = (why: string, cause?: unknown): ExperimentError =>
  new ExperimentError({
    kind: 'failed',
    code: 'experiment-block-broken',
    message: `measurements in the store cannot be read: ${why}`,
    hint: 'the state database is damaged: restore it from a backup, or remove the experiment and import its files again',
    cause,
  });

/**
 * The columns by name, in arrays of their own.
 * @throws ExperimentError `experiment-block-broken`
 */
export const decodeBlock = (bytes: Uint8Array): Columns => {
  let plain: Buffer;
  try {
    plain = zstdDecompressSync(bytes);
  } catch (error) {
    throw broken('they cannot be decompressed', error);
  }
  const need = (end: number): void => {
    if (end > plain.length) throw broken(`${plain.length} bytes where ${end} are announced`);
  };
  need(6);
  if (plain.readUInt8(0) !== version) throw broken(`version ${plain.readUInt8(0)}, and this program knows ${version}`);
  const count = plain.readUInt8(1);
  const rows = plain.readUInt32LE(2);
  let at = 6;
  const described: { name: string; type: (typeof types)[number]; delta: boolean }[] = [];
  for (let index = 0; index < count; index += 1) {
    need(at + 1);
    const length = plain.readUInt8(at);
    need(at + length + 3);
    const type = types[plain.readUInt8(at + 1 + length)];
    const filter = plain.readUInt8(at + 2 + length);
    if (type === undefined || filter > filterDelta) throw broken('a column of an unknown type');
    described.push({ name: plain.toString('utf8', at + 1, at + 1 + length), type, delta: filter === filterDelta });
    at += length + 3;
  }
  const columns = new Map<string, Column>();
  for (const { name, type, delta } of described) {
    const end = at + rows * type.BYTES_PER_ELEMENT;
    need(end);
    const column = fromBytes(plain.subarray(at, end), type);
    if (delta) addUp(column);
    columns.set(name, column);
    at = end;
  }
  if (at !== plain.length) throw broken(`${plain.length - at} bytes too many`);
  return columns;
};
