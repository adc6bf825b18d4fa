// A look at the process of a tor instance, by the verb live-look of its host's helper (host/helper/parts/87-live.sh). What is
// writable is never shown.
import type { Host } from '../../host/host.ts';
import { LiveError } from '../live-error.ts';
import { type Mapping, parseMaps } from './memory-map.ts';
import { type MemoryRange, mergeRanges, SparseMemory } from './sparse-memory.ts';

export interface Look {
  readonly pid: number;
  readonly startTicks: bigint;
  /** Of the program that the process was started from, out of its memory; undefined where it has none. */
  readonly buildId: string | undefined;
  /** What was added to the program's addresses. */
  readonly base: bigint;
  readonly path: string;
  readonly mappings: readonly Mapping[];
  readonly memory: SparseMemory;
}

const head = /^(\d+) (\d+) ([0-9a-f]+|-) ([0-9a-f]+) (\d+) (\/.*)$/;

/** @throws HostError, LiveError `live-look-strange` */
export const lookAt = async (
  { host, signal }: { readonly host: Host; readonly signal?: AbortSignal },
  instance: string,
  wanted: readonly MemoryRange[] = [],
): Promise<Look> => {
  const ranges = mergeRanges(wanted);
  const input = ranges.map(({ address, lengthBytes }) => `${address.toString(16)} ${lengthBytes}\n`).join('');
  const { stdout } = await host.call('live-look', {
    args: [instance],
    input,
    ...(signal === undefined ? {} : { signal }),
  });
  return decodeLook(stdout, ranges, host.name);
};

/** @param ranges those asked for, merged. @throws LiveError `live-look-strange` */
export const decodeLook = (stdout: Uint8Array, ranges: readonly MemoryRange[], host: string): Look => {
  const bytes = Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength);
  const end = bytes.indexOf(0x0a);
  const [, pid, startTicks, buildId, base, mapsBytes, path] = head.exec(bytes.toString('utf8', 0, end)) ?? [];
  const memoryFrom = end + 1 + Number(mapsBytes);
  const memoryBytes = ranges.reduce((all, { lengthBytes }) => all + lengthBytes, 0);
  if (path === undefined || bytes.length !== memoryFrom + memoryBytes)
    throw new LiveError({
      kind: 'protocol',
      code: 'live-look-strange',
      message: `${host}: what its helper says of a process cannot be understood`,
      place: 'host',
      subject: host,
    });
  return {
    pid: Number(pid),
    startTicks: BigInt(startTicks ?? ''),
    buildId: buildId === '-' ? undefined : buildId,
    base: BigInt(`0x${base}`),
    path,
    mappings: parseMaps(bytes.toString('utf8', end + 1, memoryFrom)),
    memory: new SparseMemory(ranges, bytes.subarray(memoryFrom)),
  };
};
