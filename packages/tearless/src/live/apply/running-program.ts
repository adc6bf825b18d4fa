// A process that runs a build, as much of it as an update is made from. Only memory that is not writable is ever read: keys lie in
// the rest.
import type { Mapping } from '../process/memory-map.ts';
import type { Target } from './plan-injection.ts';

export interface RunningProgram {
  readonly target: Target;
  /** Of its file, which may have been replaced since. */
  readonly path: string;
  readonly mappings: readonly Mapping[];
  /** @throws LiveError `live-memory-unread` for what was not read beforehand, or is writable */
  readCode(address: bigint, lengthBytes: number): Uint8Array;
}
