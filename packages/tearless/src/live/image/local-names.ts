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

/**
 * @returns what names a local symbol of that program, or of its relocatable file: each once, in their order, since files of one name may
 * have numbered alike
 */
export const nameLocals = (debug: DebugInfo, linked: ElfFile): ((symbol: ElfSymbol) => string) => {
  const owners = new Map<bigint, string>();
  for (const variable of debug.variables)
    if (variable.address !== null && variable.function !== null)
      owners.set(variable.address, `${variable.function}.${withoutLine(variable.name)}`);
  const names = new Map<string, (string | undefined)[]>();
  for (const symbol of linked.symbols) {
    if (symbol.binding !== 'local' || symbol.type !== 'object' || !numbered.test(symbol.name)) continue;
    const owner = owners.get(symbol.value);
    const there = names.get(placeOf(symbol));
    const name = owner === undefined ? undefined : `${symbol.file ?? ''}:${owner}`;
    if (there === undefined) names.set(placeOf(symbol), [name]);
    else there.push(name);
  }
  const turns = new Map<string, number>();
  const nextName = (place: string): string => {
    const there = names.get(place);
    if (there === undefined) return place;
    const turn = turns.get(place) ?? 0;
    turns.set(place, turn + 1);
    return there[turn] ?? place;
  };
  // What all of the program sees and others do not (visibility hidden) is local once it is linked, and of no file.
  return (symbol) => (symbol.file === null ? symbol.name : nextName(placeOf(symbol)));
};
