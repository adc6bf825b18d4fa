// Where a column of a relay's samples changes its value: the arm that rows name, the allocator that they prove.
import { at } from '../../../stats/check.ts';
import type { RelaySamples } from '../../model/measurements.ts';

export interface Change {
  readonly place: number;
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
}

/** Changes of a column of small numbers; `none` counts as a value only where `keepNone` says so. */
export const changesOf = (samples: RelaySamples, column: Uint16Array, place: number, none?: number): Change[] => {
  const changes: Change[] = [];
  let known: number | undefined;
  for (let index = 0; index < column.length; index++) {
    const value = at(column, index);
    if (value === none) continue;
    if (known !== undefined && value !== known)
      changes.push({ place, atMs: at(samples.atMs, index), from: known, to: value });
    known = value;
  }
  return changes;
};

/** So many changes stand in the evidence. */
export const mostShown = 50;
