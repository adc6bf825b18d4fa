// Constants that are what they were. Others compare their addresses, so who refers to them goes on using the former ones. Pure.
import type { ProgramImage } from '../image/program-image.ts';
import { isEqual, ReferenceReader } from '../image/references.ts';
import { listInnerPlaces } from '../image/referrers.ts';

/** Keys of both. */
export const listSameConstants = (former: ProgramImage, next: ProgramImage): Set<string> => {
  const [before, after] = [new ReferenceReader(former), new ReferenceReader(next)];
  const same = [...next.constants].filter(([key, piece]) => {
    const there = former.constants.get(key);
    // One that has to lie at a multiple of more bytes than it did does not stay.
    if (there === undefined || there.section.alignBytes < piece.section.alignBytes) return false;
    // Labels (`&&label`) of the former are those of its former code.
    return isEqual(before.read(there), after.read(piece)) && listInnerPlaces(next, piece).length === 0;
  });
  return new Set(same.map(([key]) => key));
};
