// What a process has mapped where, as /proc/PID/maps tells it (proc_pid_maps(5)), and where near its program there is room. Pure.

export interface Mapping {
  readonly from: bigint;
  readonly to: bigint;
  /** Such as `r-xp`. */
  readonly permissions: string;
  /** Of the file that is mapped. */
  readonly offset: bigint;
  /** Empty for memory of no file; ` (deleted)` is cut off, and told apart. */
  readonly path: string;
  readonly isDeleted: boolean;
}

const line = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ \d+\s*(.*)$/;
const deleted = ' (deleted)';

/** Lines that are no mappings are left out. */
export const parseMaps = (text: string): Mapping[] =>
  text.split('\n').flatMap((one) => {
    const [, from, to, permissions, offset, name] = line.exec(one) ?? [];
    if (from === undefined || to === undefined || permissions === undefined || offset === undefined) return [];
    const path = name ?? '';
    const isDeleted = path.endsWith(deleted);
    return [
      {
        from: BigInt(`0x${from}`),
        to: BigInt(`0x${to}`),
        permissions,
        offset: BigInt(`0x${offset}`),
        path: isDeleted ? path.slice(0, -deleted.length) : path,
        isDeleted,
      },
    ];
  });

/** Where the beginning of a file is mapped: what is added to the addresses of a position-independent program. */
export const baseOf = (mappings: readonly Mapping[], path: string): bigint | undefined =>
  mappings.find((one) => one.path === path && one.offset === 0n)?.from;

/** Jumps reach two gigabytes; what an update brings must reach all of the program from anywhere in it. */
const reach = 2n ** 30n;
const page = 4096n;
/** Apart from what is there, so that a heap or stack that grows meets nothing. */
const margin = 256n * page;

/**
 * The free room nearest below the program.
 * @returns a page's address, or undefined when there is none within a gigabyte
 */
export const findRoom = (mappings: readonly Mapping[], path: string, lengthBytes: bigint): bigint | undefined => {
  const base = baseOf(mappings, path);
  if (base === undefined) return undefined;
  const below = mappings.filter(({ from }) => from < base).sort((a, b) => (a.from < b.from ? -1 : 1));
  let to = base;
  for (const mapping of [...below].reverse()) {
    const from = mapping.to + margin;
    const at = ((to - margin - lengthBytes) / page) * page;
    if (at >= from && at > base - reach) return at;
    to = mapping.from;
  }
  const at = ((to - margin - lengthBytes) / page) * page;
  return at > base - reach && at > 0n ? at : undefined;
};
