// Which pieces of a program refer to which. Pure.
import type { Piece } from './piece.ts';
import type { ProgramImage } from './program-image.ts';

/** By key of what is referred to, in any way: keys of those pieces that do. One that refers to itself is not told. */
export const listReferrers = (image: ProgramImage, pieces: Iterable<Piece>): Map<string, Set<string>> => {
  const referrers = new Map<string, Set<string>>();
  for (const piece of pieces) {
    for (const relocation of image.relocationsOf(piece.section.index)) {
      if (relocation.offset < piece.offset || relocation.offset >= piece.offset + piece.sizeBytes) continue;
      const target = image.targetOf(relocation);
      if (target.kind !== 'piece' || target.piece.key === piece.key) continue;
      const { key } = target.piece;
      const there = referrers.get(key);
      if (there === undefined) referrers.set(key, new Set([piece.key]));
      else there.add(piece.key);
    }
  }
  return referrers;
};
