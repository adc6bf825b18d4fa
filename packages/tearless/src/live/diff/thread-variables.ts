// Variables of which each thread has its own. Threads take a copy of what they begin with from the program's file, which no update changes,
// so only that they begin as before is looked at here: code that uses them cannot be carried at all. Pure.
import type { Piece } from '../image/piece.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { isEqual, ReferenceReader } from '../image/references.ts';
import { isPlaced, takeTurns } from '../image/symbol-keys.ts';

/** By key; several of one name go by their order. */
const listThreadVariables = ({ file }: ProgramImage): Map<string, Piece> => {
  const found = new Map<string, Piece>();
  const inTurn = takeTurns();
  for (const symbol of file.symbols) {
    const { name, file: source, binding, value, sizeBytes } = symbol;
    const section = file.sections[symbol.section];
    if (symbol.type !== 'tls' || !isPlaced(symbol) || section === undefined) continue;
    const key = inTurn(binding === 'local' && source !== null ? `${source}:${name}` : name);
    found.set(key, { key, section, offset: Number(value), sizeBytes });
  }
  return found;
};

/** Keys of those that begin otherwise, or have another size. */
export const listOtherBeginnings = (former: ProgramImage, next: ProgramImage): string[] => {
  const [before, after] = [new ReferenceReader(former), new ReferenceReader(next)];
  const there = listThreadVariables(former);
  return [...listThreadVariables(next)].flatMap(([key, piece]) => {
    const was = there.get(key);
    return was === undefined || isEqual(before.read(was), after.read(piece)) ? [] : [key];
  });
};
