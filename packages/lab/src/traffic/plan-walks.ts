// Walks over a number of relays that together take every link between two of them once. Pure.

/** tor extends a circuit seven times at most: by then its RELAY_EARLY cells are spent (tor-spec, "RELAY_EARLY"). */
const mostHops = 8;

/** Relays a stride apart, from `start` round to it again; the last is the first, where the way back is another link. */
const ringOf = (count: number, stride: number, start: number): number[] => {
  const ring = [start];
  for (let next = (start + stride) % count; next !== start; next = (next + stride) % count) ring.push(next);
  return ring;
};

/**
 * @param count relays, at least 2
 * @returns walks of two to `hops` relays, none twice in one walk, as indices
 */
export const planWalks = (count: number, hops: number = mostHops): number[][] => {
  const walks: number[][] = [];
  for (let stride = 1; stride * 2 <= count; stride++) {
    const seen = new Set<number>();
    for (let start = 0; start < count; start++) {
      if (seen.has(start)) continue;
      const ring = ringOf(count, stride, start);
      for (const index of ring) seen.add(index);
      const links = Math.min(hops, ring.length) - 1;
      const path = ring.length === 2 ? ring : [...ring, start];
      for (let from = 0; from < path.length - 1; from += links) walks.push(path.slice(from, from + links + 1));
    }
  }
  return walks;
};
