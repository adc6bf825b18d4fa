// What clients make of a layout: each asks one directory that it reads, any, and takes one point of what it gets, any.
import { type Layout, listRead } from '../model/layout.ts';

/** Part of the first introductions of new clients that each worker of the layout gets, by id; the sum is 1. */
export const expectedShares = (layout: Layout): Map<string, number> => {
  const shares = new Map<string, number>();
  const read = listRead(layout);
  for (const refs of read.values()) {
    for (const { worker } of refs) {
      shares.set(worker, (shares.get(worker) ?? 0) + 1 / (refs.length * read.size));
    }
  }
  return shares;
};
