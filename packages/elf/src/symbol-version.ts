// Versions of dynamic symbols: one name may stand for several functions of a library, each for programs of its time (Linux Standard
// Base, "Symbol Versioning").
import { elfReader } from './reader.ts';

export interface SymbolVersion {
  readonly name: string;
  /** The library that a symbol is asked of, by its SONAME; null for one that the file itself brings. */
  readonly library: string | null;
  /** Only who asks for this version gets it. */
  readonly isHidden: boolean;
}

export interface VersionTables {
  /** `.gnu.version`: two bytes a symbol. */
  readonly indexes: Uint8Array;
  /** `.gnu.version_d`; what stands behind it does no harm. */
  readonly definitions: Uint8Array | undefined;
  /** `.gnu.version_r`, likewise. */
  readonly needs: Uint8Array | undefined;
  readonly strings: Uint8Array;
}

const hiddenBit = 0x8000;
/** Below are symbols that are local, or have no version. */
const firstNamed = 2;

/**
 * @returns the version of the symbol with a number, undefined where it has none
 * @throws ElfError `elf-truncated`, `elf-malformed`
 */
export const decodeVersions = (
  { indexes, definitions, needs, strings }: VersionTables,
  littleEndian: boolean,
): ((symbol: number) => SymbolVersion | undefined) => {
  const names = elfReader(strings, littleEndian);
  const versions = new Map<number, Omit<SymbolVersion, 'isHidden'>>();
  for (const [table, read] of [
    [definitions, readDefinition],
    [needs, readNeed],
  ] as const) {
    if (table === undefined) continue;
    const reader = elfReader(table, littleEndian);
    for (let at = 0, next = 1; next !== 0; at += next) {
      for (const [index, name, library] of read(reader, at, names)) versions.set(index, { name, library });
      next = reader.u32(at + (read === readNeed ? 12 : 16));
    }
  }
  const reader = elfReader(indexes, littleEndian);
  return (symbol) => {
    const index = reader.u16(symbol * 2);
    const version = versions.get(index & ~hiddenBit);
    if ((index & ~hiddenBit) < firstNamed || version === undefined) return undefined;
    return { ...version, isHidden: (index & hiddenBit) !== 0 };
  };
};

type Found = readonly [index: number, name: string, library: string | null];
type Reader = ReturnType<typeof elfReader>;

/** Its first name is its own; others are those that it follows. */
const readDefinition = (reader: Reader, at: number, names: Reader): Found[] => [
  [reader.u16(at + 4), names.string(reader.u32(at + reader.u32(at + 12))), null],
];

const readNeed = (reader: Reader, at: number, names: Reader): Found[] => {
  const library = names.string(reader.u32(at + 4));
  const found: Found[] = [];
  for (let aux = at + reader.u32(at + 8), left = reader.u16(at + 2); left > 0; left--) {
    found.push([reader.u16(aux + 6), names.string(reader.u32(aux + 8)), library]);
    aux += reader.u32(aux + 12);
  }
  return found;
};
