// What a linked program tells of how it is protected, as far as a live update and Debian's package count on it. Pure.
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { decodeProgramHeaders } from '@tearless/elf/program-header.ts';

const gnuRelro = 0x6474e552;
const dynamicFlags = 30n;
const dynamicFlags1 = 0x6ffffffbn;
const bindNow = 0x8n;
const bindNow1 = 0x1n;
const positionIndependent = 0x08000000n;
const end = 0n;

/** What is missing, in words; an update needs all of it: addresses of libraries are found where the loader has sealed them. */
export const listMissingHardening = (file: ElfFile): string[] => {
  const flags = readDynamicFlags(file);
  const isSealed = decodeProgramHeaders(file.bytes, file.header).some(({ type }) => type === gnuRelro);
  return [
    ...((flags.get(dynamicFlags1) ?? 0n) & positionIndependent ? [] : ['it is not position-independent (-pie)']),
    ...(isSealed ? [] : ['what its loader fills in is not sealed (-z relro)']),
    ...((flags.get(dynamicFlags) ?? 0n) & bindNow || (flags.get(dynamicFlags1) ?? 0n) & bindNow1
      ? []
      : ['names of libraries are found late (no -z now)']),
  ];
};

const readDynamicFlags = (file: ElfFile): Map<bigint, bigint> => {
  const section = file.section('.dynamic');
  const values = new Map<bigint, bigint>();
  if (section === undefined) return values;
  const bytes = file.content(section);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    const tag = view.getBigUint64(at, true);
    if (tag === end) break;
    values.set(tag, view.getBigUint64(at + 8, true));
  }
  return values;
};
