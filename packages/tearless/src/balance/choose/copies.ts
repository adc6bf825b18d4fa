// Directories that store the descriptor but that clients do not read: each has a copy of one that they do. When the ring
// changes and it is read after all, there is something good in it already.
import type { Directory } from '../model/directory.ts';
import type { Layout, PointRef } from '../model/layout.ts';

/**
 * Adds the spare directories, each with what a directory of the same replica has: the one from before, else the one that has
 * been copied least.
 */
export const addCopies = (
  chosen: ReadonlyMap<string, readonly PointRef[]>,
  directories: readonly Directory[],
  previous: Layout | undefined,
): Pick<Layout, 'chosen' | 'copies'> => {
  const copies = new Map<string, string>();
  const withCopies = new Map(chosen);
  const read = directories.filter(({ fingerprint }) => chosen.has(fingerprint));
  for (const { fingerprint, replicas } of directories) {
    if (chosen.has(fingerprint)) continue;
    const near = read.filter((other) => other.replicas.some((replica) => replicas.includes(replica)));
    const sources = (near.length > 0 ? near : read).map((directory) => directory.fingerprint);
    const timesCopied = (source: string) => [...copies.values()].filter((copied) => copied === source).length;
    const earlier = previous?.copies.get(fingerprint);
    const source = sources.find((one) => one === earlier) ?? sources.sort((a, b) => timesCopied(a) - timesCopied(b))[0];
    if (source === undefined) continue;
    copies.set(fingerprint, source);
    withCopies.set(fingerprint, chosen.get(source) ?? []);
  }
  return { chosen: withCopies, copies };
};
