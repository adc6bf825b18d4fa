// The SONAME: the name under which other objects ask for a library (System V gABI, "Dynamic Section").
import { decodeElfHeader, readerFor } from './header.ts';
import { decodeProgramHeaders, segmentTypes } from './program-header.ts';

const tags = { end: 0n, stringTable: 5n, soname: 14n } as const;

/**
 * The SONAME of an ELF64 file, or undefined when it has none. Needs the whole file: the dynamic section stands near
 * its end.
 * @throws ElfError when the bytes are no ELF64 file or end before the dynamic section or its strings
 */
export const findSoname = (bytes: Uint8Array): string | undefined => {
  const header = decodeElfHeader(bytes);
  const reader = readerFor(bytes, header);
  const segments = decodeProgramHeaders(bytes, header);
  const dynamic = segments.find((segment) => segment.type === segmentTypes.dynamic);
  if (dynamic === undefined) return undefined;

  let stringTable: bigint | undefined;
  let soname: bigint | undefined;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.fileBytes; at += 16) {
    const tag = reader.big(at);
    if (tag === tags.end) break;
    if (tag === tags.stringTable) stringTable = reader.big(at + 8);
    if (tag === tags.soname) soname = reader.big(at + 8);
  }
  if (stringTable === undefined || soname === undefined) return undefined;

  const address = stringTable + soname;
  const holder = segments.find(
    ({ type, virtualAddress, fileBytes }) =>
      type === segmentTypes.load && address >= virtualAddress && address < virtualAddress + BigInt(fileBytes),
  );
  return holder === undefined ? undefined : reader.string(holder.offset + Number(address - holder.virtualAddress));
};
