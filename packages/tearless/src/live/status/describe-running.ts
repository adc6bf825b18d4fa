// What a running tor has become by its updates, and what of it is not as the disk has it. Pure.
import type { Mapping } from '../process/memory-map.ts';
import { doneUpdates, isPending, type ProcessRecord, type UpdateRecord } from './process-record.ts';

export interface LiveState {
  /** Of the program that the process was started from. */
  readonly program: string;
  /** Whose code runs. */
  readonly build: string;
  /** The updates that it runs with, the oldest first. */
  readonly updates: readonly {
    readonly to: string;
    readonly version: string;
    readonly at: string;
    readonly pauseUs: number | null;
  }[];
  /** Memory of updates, of those taken back too: it stays. */
  readonly mappedBytes: number;
  /** What systemd would start; null: what the unit has without Tearless. */
  readonly nextStart: string | null;
  /** The next start would be of other code than what runs. */
  readonly differsFromDisk: boolean;
  /** Nobody knows whether an update took place: who made it was cut off. */
  readonly pending: boolean;
}

export interface RunningState {
  readonly program: string;
  readonly build: string;
  readonly record: ProcessRecord | undefined;
  readonly mappings: readonly Mapping[];
  readonly used: string | null;
  /** The program's file is another one by now, or gone. */
  readonly isReplaced: boolean;
}

const bytesOf = ({ regions }: UpdateRecord, mappings: readonly Mapping[]): number =>
  regions.reduce((all, { address, sizeBytes }) => {
    const from = BigInt(`0x${address}`);
    return mappings.some((one) => one.from <= from && from < one.to) ? all + sizeBytes : all;
  }, 0);

export const describeRunning = ({ program, build, record, mappings, used, isReplaced }: RunningState): LiveState => ({
  program,
  build,
  updates:
    record === undefined
      ? []
      : doneUpdates(record).map(({ to, versions: [, version], at, pauseUs }) => ({ to, version, at, pauseUs })),
  mappedBytes: (record?.updates ?? []).reduce((all, update) => all + bytesOf(update, mappings), 0),
  nextStart: used,
  // Without Tearless it is started from the file that it was started from, unless that was replaced or the code is another.
  differsFromDisk: used === null ? build !== program || isReplaced : used !== build,
  pending: isPending(record),
});
