// What a linked program asks its libraries for: which version of a name, of which library, and in which way. Pure.
import { type DynamicInfo, readDynamic } from '@tearless/elf/dynamic.ts';
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { sectionTypes } from '@tearless/elf/section.ts';

export interface AskedName {
  /** Undefined for libraries that keep no versions, such as libevent. */
  readonly version: string | undefined;
  /** By its SONAME; undefined where there is no version, which alone would say it. */
  readonly library: string | undefined;
  /** A variable of each thread. */
  readonly isThread: boolean;
  /** A variable of a library that the program has in its own memory, where it was copied when the program was loaded. */
  readonly isCopied: boolean;
}

export interface Asked {
  readonly names: ReadonlyMap<string, AskedName>;
  /** By their SONAMEs, in the order in which they are searched. */
  readonly libraries: readonly string[];
}

/** `R_X86_64_COPY` */
const copy = 5;
const relocationBytes = 24;

export const readAsked = (linked: ElfFile): Asked => {
  const dynamic = readDynamic(linked);
  if (dynamic === undefined) return { names: new Map(), libraries: [] };
  const copied = readCopied(linked, dynamic);
  const names = dynamic.symbols.flatMap(({ name, section, version, type }): [string, AskedName][] => {
    const isCopied = copied.has(name);
    if (name === '' || (section !== 0 && !isCopied)) return [];
    const library = version?.library ?? undefined;
    return [[name, { version: version?.name, library, isThread: type === 'tls', isCopied }]];
  });
  return { names: new Map(names), libraries: dynamic.libraries };
};

/**
 * Variables of libraries that a program has in its own memory, by each of their names: a variable may have several, and is copied by
 * one of them.
 * @returns where they lie before anything is added to the program's addresses
 */
export const readCopied = (linked: ElfFile, dynamic: DynamicInfo | undefined = readDynamic(linked)) => {
  const copies = linked.sections
    .filter(({ type, link }) => type === sectionTypes.rela && linked.sections[link]?.type === dynamicSymbols)
    .flatMap((table) => listCopies(linked.content(table)));
  const places = new Set(copies);
  const symbols = dynamic?.symbols ?? [];
  return new Map(
    symbols.flatMap(({ name, section, value }): [string, bigint][] =>
      name !== '' && section !== 0 && places.has(value) ? [[name, value]] : [],
    ),
  );
};

const { dynamicSymbols } = sectionTypes;

/** Addresses of such variables. There are tens of thousands of other relocations, so each is only looked at. */
const listCopies = (table: Uint8Array): bigint[] => {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const found: bigint[] = [];
  for (let at = 0; at + relocationBytes <= table.length; at += relocationBytes)
    if (view.getUint32(at + 8, true) === copy) found.push(view.getBigUint64(at, true));
  return found;
};
