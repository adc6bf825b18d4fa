// Which symbols are functions and objects of their file, and the key that each goes by. Several of one name, as source files of one name
// have them, are told apart by their turn. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { firstReservedSection } from '@tearless/elf/section.ts';
import type { ElfSymbol } from '@tearless/elf/symbol.ts';
import { nameLocals } from './local-names.ts';

/** Whether it lies in a section of its file. */
export const isPlaced = ({ section }: Pick<ElfSymbol, 'section'>): boolean =>
  section > 0 && section < firstReservedSection;

export const isPieceSymbol = (symbol: ElfSymbol): boolean =>
  isPlaced(symbol) && (symbol.type === 'function' || symbol.type === 'object' || symbol.type === 'indirect');

/** @param turn from 1 on */
export const keyOfTurn = (name: string, turn: number): string => (turn === 1 ? name : `${name}#${turn}`);

export const withoutTurn = (key: string): string => key.replace(/#\d+$/, '');

/** @returns the key of each name that it is told, in their order */
export const takeTurns = (): ((name: string) => string) => {
  const turns = new Map<string, number>();
  return (name) => {
    const turn = (turns.get(name) ?? 0) + 1;
    turns.set(name, turn);
    return keyOfTurn(name, turn);
  };
};

/**
 * @param debug of the linked program: it knows what functions static variables stand in
 * @param linked its file, for the names of those variables
 * @returns the key of each symbol that it is told, those of one file in their order
 */
export const keySymbols = (debug: DebugInfo, linked: ElfFile): ((symbol: ElfSymbol) => string) => {
  const nameLocal = nameLocals(debug, linked);
  const inTurn = takeTurns();
  return (symbol) => inTurn(symbol.binding === 'local' ? nameLocal(symbol) : symbol.name.replace(/@.*$/, ''));
};
