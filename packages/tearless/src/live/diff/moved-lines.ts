// By how many lines functions begin later in the next version of their file: by as much do all line numbers differ that their code
// names. Any other number may differ by as much, too: so where those lines stood counts as well. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import { functionKey } from '../image/local-names.ts';

/** A file has fewer lines. */
const mostLines = 100_000;

/** Of a source file: from the line where a function begins up to where the next one does. */
interface Lines {
  readonly from: number;
  readonly to: number;
}

/** By how many lines a function begins later, and where line numbers that its code names stood before. */
export interface MovedLines {
  readonly shift: number;
  readonly lines: readonly Lines[];
}

/** Its own lines, and those of functions of its file that are only parts of others, and have moved as far. */
export const readMovedLines = (former: DebugInfo, next: DebugInfo): ((key: string) => MovedLines) => {
  const begins = new Map<string, number[]>();
  for (const { unit, line } of former.functions) {
    const there = begins.get(unit);
    if (line !== null && there !== undefined) there.push(line);
    else if (line !== null) begins.set(unit, [line]);
  }
  for (const lines of begins.values()) lines.sort((a, b) => a - b);
  const places = ({ functions }: DebugInfo) =>
    new Map(functions.flatMap((one) => (one.line === null ? [] : [[functionKey(one), one.line] as const])));
  const [before, after] = [places(former), places(next)];
  const own = new Map<string, MovedLines>();
  const parts = new Map<string, MovedLines[]>();
  const units = new Map<string, string>();
  for (const one of former.functions) {
    const key = functionKey(one);
    const [was, is] = [before.get(key), after.get(key)];
    if (was === undefined || is === undefined) continue;
    const to = begins.get(one.unit)?.find((line) => line > was) ?? mostLines;
    const moved = { shift: is - was, lines: [{ from: was, to }] };
    units.set(key, one.unit);
    own.set(key, moved);
    if (one.ranges.length === 0) parts.set(one.unit, [...(parts.get(one.unit) ?? []), moved]);
  }
  return (key) => {
    const moved = own.get(key);
    if (moved === undefined) return { shift: 0, lines: [] };
    const { shift } = moved;
    const inlined = (parts.get(units.get(key) ?? '') ?? []).filter((one) => one.shift === shift);
    return { shift, lines: [...moved.lines, ...inlined.flatMap(({ lines }) => lines)] };
  };
};
