// Relays as units of a comparison: each has one figure, one arm and one block of the randomisation.
import { checkFinite } from '../check.ts';
import { StatsError } from '../stats-error.ts';

export interface Unit {
  /** The relay's one figure over the window. */
  readonly value: number;
  readonly arm: string;
  /** The block inside which relays were assigned; leave it out where there were none. */
  readonly block?: string;
}

/** Units as columns of numbers: arms and blocks counted from 0. */
export interface UnitTable {
  readonly values: Float64Array;
  readonly arms: Uint16Array;
  readonly blocks: Uint16Array;
  readonly armNames: readonly string[];
  readonly blockCount: number;
}

/** @throws StatsError for values that are not finite, or when there is no unit. */
export const tableOf = (units: readonly Unit[]): UnitTable => {
  if (units.length === 0) throw new StatsError('stats-too-few', 'no relays to compare');
  const values = Float64Array.from(units, (unit) => unit.value);
  checkFinite(values, 'figures of relays');
  const armNames = [...new Set(units.map((unit) => unit.arm))];
  const blockNames = [...new Set(units.map((unit) => unit.block ?? ''))];
  return {
    values,
    arms: Uint16Array.from(units, (unit) => armNames.indexOf(unit.arm)),
    blocks: Uint16Array.from(units, (unit) => blockNames.indexOf(unit.block ?? '')),
    armNames,
    blockCount: blockNames.length,
  };
};

/** The units of some arms only, blocks numbered as before. */
export const keepArms = (table: UnitTable, arms: ReadonlySet<number>): UnitTable => {
  const kept = Array.from(table.arms.keys()).filter((index) => arms.has(table.arms[index] ?? -1));
  return {
    ...table,
    values: Float64Array.from(kept, (index) => table.values[index] ?? 0),
    arms: Uint16Array.from(kept, (index) => table.arms[index] ?? 0),
    blocks: Uint16Array.from(kept, (index) => table.blocks[index] ?? 0),
  };
};
