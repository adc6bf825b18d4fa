// Which functions an update has to bring: those that changed, and whoever calls a part or clone that the compiler made of one. What a
// clone takes in which register is between it and its callers, so they go together. Pure.

import type { Differences } from '../diff/differences.ts';
import { isClone, isColdPart, plainKey } from '../image/local-names.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { listReferrers } from '../image/referrers.ts';

/**
 * Keys in the next image. Functions that differ in line numbers alone stay as they are.
 * @param users of variables that begin anew
 */
export const listBrought = (
  { code, variables }: Pick<Differences, 'code' | 'variables'>,
  next: ProgramImage,
  users: Iterable<string>,
): Set<string> => {
  const brought = new Set([...code.added, ...users]);
  for (const changes of variables.changed.values())
    for (const change of changes)
      if (change.kind === 'table-resized') for (const user of change.usedBy) brought.add(user);
  for (const [key, change] of code.changed) if (change !== 'lines') brought.add(key);
  const callers = listReferrers(next, next.functions.values());
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
