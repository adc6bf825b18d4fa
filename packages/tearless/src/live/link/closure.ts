// Which functions an update has to bring: those that changed, and whoever calls a part or clone that the compiler made of one. What a
// clone takes in which register is between it and its callers, so they go together. Pure.

import type { CodeDiff } from '../diff/diff-code.ts';
import { isClone, isColdPart, plainKey } from '../image/local-names.ts';
import type { ProgramImage } from '../image/program-image.ts';

/** Keys in the next image. Functions that differ in line numbers alone stay as they are. */
export const listBrought = (code: CodeDiff, next: ProgramImage): Set<string> => {
  const brought = new Set(code.added);
  for (const [key, change] of code.changed) if (change !== 'lines') brought.add(key);
  const callers = listCallers(next);
  const pending = [...brought].filter(isClone);
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    for (const caller of callers.get(key) ?? []) {
      if (brought.has(caller)) continue;
      brought.add(caller);
      if (isClone(caller)) pending.push(caller);
    }
  }
  // What is rarely run of a function stands apart, and jumps back into it.
  for (const key of next.functions.keys()) if (isColdPart(key) && brought.has(plainKey(key))) brought.add(key);
  return brought;
};

/** Whoever refers to a function in any way. */
const listCallers = (image: ProgramImage): Map<string, Set<string>> => {
  const callers = new Map<string, Set<string>>();
  for (const piece of image.functions.values()) {
    for (const relocation of image.relocationsOf(piece.section.index)) {
      if (relocation.offset < piece.offset || relocation.offset >= piece.offset + piece.sizeBytes) continue;
      const target = image.targetOf(relocation);
      if (target.kind !== 'piece' || target.piece.key === piece.key) continue;
      const { key } = target.piece;
      const there = callers.get(key);
      if (there === undefined) callers.set(key, new Set([piece.key]));
      else there.add(piece.key);
    }
  }
  return callers;
};
