// Constants that are what they were. Others compare their addresses, so who refers to them goes on using the former ones. Pure.
import type { ProgramImage } from '../image/program-image.ts';
import { isEqual, ReferenceReader } from '../image/references.ts';

/** Keys of both. */
export const listSameConstants = (former: ProgramImage, next: ProgramImage): Set<string> => {
  const [before, after] = [new ReferenceReader(former), new ReferenceReader(next)];
  const same = [...next.constants].filter(([key, piece]) => {
    const there = former.constants.get(key);
    return there !== undefined && isEqual(before.read(there), after.read(piece));
  });
  return new Set(same.map(([key]) => key));
};
