// That a process runs the code of its build and of the updates that are known of, and no other: where somebody else wrote over it, the
// next update would mix with that. Functions are compared where they begin, which is where updates write. Pure.
import { ElfFile } from '@tearless/elf/elf-file.ts';
import { sectionFlags } from '@tearless/elf/section.ts';
import type { Generation } from '../link/generation.ts';
import { LiveError } from '../live-error.ts';
import { baseOf } from '../process/memory-map.ts';
import type { LiveBuild } from './live-build.ts';
import type { RunningProgram } from './running-program.ts';

/** A mark for indirect calls, and a jump. */
export const headBytes = 16;

export interface Written {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/**
 * @param build what the process was started from
 * @param generation where it has everything
 * @param written what known updates have written, in their order
 * @throws LiveError `live-other-code`
 */
export const requireOwnCode = (
  { files }: Pick<LiveBuild, 'files'>,
  { mappings, path, target, readCode }: RunningProgram,
  { addresses }: Pick<Generation, 'addresses'>,
  written: readonly Written[],
): void => {
  const base = baseOf(mappings, path) ?? 0n;
  const linked = new ElfFile(files.tor);
  for (const section of linked.sections.filter(({ flags }) => (flags & sectionFlags.execute) !== 0)) {
    const expected = Uint8Array.from(linked.content(section));
    const from = base + section.address;
    const end = from + BigInt(expected.length);
    for (const { address, bytes } of written)
      if (address >= from && address + BigInt(bytes.length) <= end) expected.set(bytes, Number(address - from));
    for (const [key, address] of addresses) {
      if (address < from || address >= end) continue;
      const head = expected.subarray(Number(address - from), Number(address - from) + headBytes);
      if (Buffer.compare(head, readCode(address, head.length)) !== 0) throw otherCode(target.pid, key);
    }
  }
};

const otherCode = (pid: number, key: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-other-code',
    message: `process ${pid} begins ${key} otherwise than its build and the updates that are known of: somebody else has changed its code`,
    place: 'host',
    subject: String(pid),
    hint: "take it back the way it came, or restart the process; 'tearless live streak --pid' is for processes that no host keeps a record of",
  });
