// Places dots that share an axis so that they do not hide each other: each as near to the middle as its neighbours allow.

export interface Placed<T> {
  readonly item: T;
  readonly x: number;
  /** Distance from the middle of the strip, either side. */
  readonly offset: number;
}

/**
 * @param radius of a dot
 * @param reach how far from the middle a dot's centre may lie; where a strip is too crowded, dots overlap there
 */
export const placeSwarm = <T>(
  items: readonly T[],
  x: (item: T) => number,
  radius: number,
  reach: number,
): readonly Placed<T>[] => {
  const distance = radius * 2 + 0.5;
  const placed: Placed<T>[] = [];
  const offsets = [0];
  for (let step = radius; step <= reach; step += radius) offsets.push(-step, step);
  for (const item of [...items].sort((a, b) => x(a) - x(b))) {
    const here = x(item);
    const near = placed.filter((other) => here - other.x < distance);
    const free = offsets.find((offset) =>
      near.every((other) => (here - other.x) ** 2 + (offset - other.offset) ** 2 >= distance ** 2),
    );
    placed.push({ item, x: here, offset: free ?? offsets[placed.length % offsets.length] ?? 0 });
  }
  return placed;
};
