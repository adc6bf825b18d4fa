// What clients make of a layout: each asks one directory that it reads, any, and takes one point of what it gets, any. Where
// several points of one descriptor are at one relay, only one of them gets clients; chooseLayout avoids that, this ignores it.
import { type Layout, listRead } from '../model/layout.ts';

/** Part of the first introductions of new clients that each worker of the layout gets, by id; the sum is 1. */
export const expectedShares = (layout: Layout): Map<string, number> => {
  const read = [...listRead(layout).values()];
  const shares = new Map<string, number>();
  for (const refs of read) {
    for (const worker of new Set(refs.map((ref) => ref.worker))) {
      const share = refs.filter((ref) => ref.worker === worker).length / refs.length;
      shares.set(worker, (shares.get(worker) ?? 0) + share);
    }
  }
  return new Map([...shares].map(([worker, sum]) => [worker, sum / read.length]));
};
