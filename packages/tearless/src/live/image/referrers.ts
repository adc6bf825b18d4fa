// Which pieces of a program refer to which. Pure.
import { isCode, type Piece } from './piece.ts';
import type { ProgramImage } from './program-image.ts';
import type { Target } from './target.ts';

/** What a piece refers to. */
const listTargets = (image: ProgramImage, { section, offset, sizeBytes }: Piece): Target[] =>
  image
    .relocationsOf(section.index)
    .filter((relocation) => relocation.offset >= offset && relocation.offset < offset + sizeBytes)
    .map(image.targetOf);

/** Functions that it leads to the inside of, as to labels (`&&label`). */
export const listInnerPlaces = (image: ProgramImage, piece: Piece): Piece[] =>
  listTargets(image, piece).flatMap((one) =>
    one.kind === 'piece' && isCode(one.piece.section) && one.within !== 0 ? [one.piece] : [],
  );

/** By key of what is referred to, in any way: keys of those pieces that do. One that refers to itself is not told. */
export const listReferrers = (image: ProgramImage, pieces: Iterable<Piece>): Map<string, Set<string>> => {
  const referrers = new Map<string, Set<string>>();
  for (const piece of pieces) {
    for (const target of listTargets(image, piece)) {
      if (target.kind !== 'piece' || target.piece.key === piece.key) continue;
      const { key } = target.piece;
      const there = referrers.get(key);
      if (there === undefined) referrers.set(key, new Set([piece.key]));
      else there.add(piece.key);
    }
  }
  return referrers;
};
