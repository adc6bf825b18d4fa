// Functions that only their own source files see, where several files have one name: symbols tell such files apart by their order alone,
// debug information by where they are. Pure.
import type { DebugFunction, DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import { functionKey } from '../image/local-names.ts';
import { keyOfTurn, withoutTurn } from '../image/symbol-keys.ts';

/** By the key that each has in an image, for those that have code of their own: compilers tell of clones by the function's own name. */
export const keyFunctions = ({ functions }: DebugInfo): Map<string, DebugFunction> => {
  const units = new Map<string, string[]>();
  const keyed = new Map<string, DebugFunction>();
  for (const one of functions) {
    if (one.ranges.length === 0) continue;
    const key = functionKey(one);
    const there = units.get(key) ?? [];
    if (!one.isExternal && !there.includes(one.unit)) there.push(one.unit);
    units.set(key, there);
    keyed.set(keyOfTurn(key, one.isExternal ? 1 : there.indexOf(one.unit) + 1), one);
  }
  return keyed;
};

/** Keys that a function of another file has in the next version. By key: both files. A file that has moved alone is the same. */
export const listMixedUp = (former: DebugInfo, next: DebugInfo): Map<string, readonly [was: string, is: string]> => {
  const [before, after] = [keyFunctions(former), keyFunctions(next)];
  const isOneOfSeveral = (key: string): boolean =>
    withoutTurn(key) !== key || [before, after].some((functions) => functions.has(keyOfTurn(key, 2)));
  return new Map(
    [...before].flatMap(([key, { unit: was, isExternal }]): [string, readonly [string, string]][] => {
      const is = after.get(key)?.unit;
      if (isExternal || is === undefined || is === was || !isOneOfSeveral(key)) return [];
      return [[key, [was, is]]];
    }),
  );
};
