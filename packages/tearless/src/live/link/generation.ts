// Where a running program has what: its own code and data at first, with what each update has brought since. Functions keep the
// address that they were first entered by for ever: other places hold it. Pure.
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import type { VariableSide } from '../diff/diff-variables.ts';
import { readCopied } from '../image/asked-names.ts';
import { isPieceSymbol, keySymbols } from '../image/symbol-keys.ts';
import type { BoundImport } from '../process/read-imports.ts';
import { readInitialValues } from './initial-values.ts';

export interface Generation {
  /** By key: where a function is entered, or where a variable or named constant lies. */
  readonly addresses: ReadonlyMap<string, bigint>;
  /** Names of libraries, as the program's own loader found them. */
  readonly imports: ReadonlyMap<string, BoundImport>;
  /** Variables of libraries that lie in the program's own memory for everybody, by each of their names. */
  readonly copies: ReadonlyMap<string, bigint>;
  /** By key: what a variable held before anything was written to it. Where an update rewrote it, what that wrote. */
  readonly initial: ReadonlyMap<string, Uint8Array>;
}

/**
 * What the program itself brought.
 * @param base what was added to all its addresses when it was loaded
 */
export const firstGeneration = (
  { debug }: Pick<VariableSide, 'debug'>,
  linked: ElfFile,
  base: bigint,
  imports: ReadonlyMap<string, BoundImport>,
): Generation => {
  const keyOf = keySymbols(debug, linked);
  const addresses = new Map<string, bigint>();
  const initial = new Map<string, Uint8Array>();
  const values = readInitialValues(linked, base, imports);
  for (const symbol of linked.symbols.filter(isPieceSymbol)) {
    const key = keyOf(symbol);
    addresses.set(key, base + symbol.value);
    const value = symbol.type === 'object' ? values.read(symbol.value, symbol.sizeBytes) : undefined;
    if (value !== undefined) initial.set(key, value);
  }
  const copies = new Map([...readCopied(linked)].map(([name, address]) => [name, base + address]));
  return { addresses, imports, copies, initial };
};
