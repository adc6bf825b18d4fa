// Variables that a rule lets begin anew: the next build's own lies beside the former, as a table of another length does, and all functions
// that use it come along. What the program has written to the former stays there, for the way back. Pure.
import { isInData, listUsers, type VariableDiff } from '../diff/diff-variables.ts';
import type { Sides } from './sides.ts';

/**
 * @param key of a variable that the former build has
 * @returns keys of the functions of the next build that use it
 * @throws Error that says why it cannot begin anew
 */
export const resolveAnew = (key: string, { former, next }: Sides, { changed }: VariableDiff): readonly string[] => {
  const changes = changed.get(key) ?? [];
  const isSealed = changes.some(({ kind }) => kind === 'sealed');
  if (!next.image.writable.has(key) && !isSealed) throw new Error('the next build has no such variable');
  for (const change of changes) if (change.kind === 'table-resized') return change.usedBy;
  if (changes.length === 0)
    throw new Error('it begins with the same value in both builds: variables, under up, can be set');
  // That would go on leading to the former.
  if ([former, next].some((side) => isInData(side, key))) throw new Error('other data holds its address');
  return listUsers(next, key);
};
