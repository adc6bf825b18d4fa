// Bytes of a running program that an update writes over, or counts on. Pure.

export interface MemoryChange {
  readonly address: bigint;
  /** What must stand there at the stop. */
  readonly former: Uint8Array;
  /** What stands there afterwards, as long; the same bytes where nothing is written. */
  readonly next: Uint8Array;
}

const wordBytes = 8;

/**
 * Only what differs is written: a rollback then counts on as little as can be.
 * @returns changes that lie side by side, by ascending address
 */
export const splitChange = ({ address, former, next }: MemoryChange): MemoryChange[] => {
  const isSame = (at: number): boolean =>
    former.subarray(at, at + wordBytes).every((byte, index) => byte === next[at + index]);
  const runs: MemoryChange[] = [];
  for (let from = 0; from < former.length; ) {
    const same = isSame(from);
    let to = from + wordBytes;
    while (to < former.length && isSame(to) === same) to += wordBytes;
    runs.push({ address: address + BigInt(from), former: former.subarray(from, to), next: next.subarray(from, to) });
    from = to;
  }
  return runs;
};
