// Names of what only one source file sees. Compilers number static variables inside functions (`calls.2`), and another version of
// the file numbers them otherwise; debug information knows which function each stands in. Pure.
import type { DebugFunction, DebugInfo, DebugVariable } from '@tearless/elf/dwarf/debug-info.ts';
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import type { ElfSymbol } from '@tearless/elf/symbol.ts';

const numbered = /\.\d+$/;
/** What tor's warnings that come but once remember, named by the line that they stand in. */
const withoutLine = (name: string): string => name.replace(/^warning_logged_on_\d+__$/, 'warning_logged_on_LINE__');
const placeOf = ({ file, name }: ElfSymbol): string => `${file ?? ''}:${name}`;

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The name of a variable, as symbols of the same variable get it. */
export const variableKey = ({ name, unit, function: owner, isExternal }: DebugVariable): string =>
  isExternal ? name : `${baseName(unit)}:${owner === null ? '' : `${owner}.`}${withoutLine(name)}`;

/** The name of a function, as its symbol gets it. */
export const functionKey = ({ name, unit, isExternal }: DebugFunction): string =>
  isExternal ? name : `${baseName(unit)}:${name}`;

const cloneSuffix = /\.(part|isra|constprop|cold|lto_priv)\b.*$/;

/** Whether a function is a part or a clone that the compiler made of another. */
export const isClone = (key: string): boolean => cloneSuffix.test(key);

export const isColdPart = (key: string): boolean => key.endsWith('.cold');

/** The function that a part or clone was made of. */
export const plainKey = (key: string): string => key.replace(cloneSuffix, '');

/** @returns what names a local symbol of that program, also of its relocatable file */
export const nameLocals = (debug: DebugInfo, linked: ElfFile): ((symbol: ElfSymbol) => string) => {
  const owners = new Map<bigint, string>();
  for (const variable of debug.variables)
    if (variable.address !== null && variable.function !== null)
      owners.set(variable.address, `${variable.function}.${withoutLine(variable.name)}`);
  const names = new Map<string, string>();
  for (const symbol of linked.symbols) {
    if (symbol.binding !== 'local' || symbol.type !== 'object' || !numbered.test(symbol.name)) continue;
    const owner = owners.get(symbol.value);
    if (owner !== undefined) names.set(placeOf(symbol), `${symbol.file ?? ''}:${owner}`);
  }
  // What all of the program sees and others do not (visibility hidden) is local once it is linked, and of no file.
  return (symbol) => (symbol.file === null ? symbol.name : (names.get(placeOf(symbol)) ?? placeOf(symbol)));
};
