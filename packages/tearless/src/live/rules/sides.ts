// The two builds that an update leads from and to. A shape alone.
import type { VariableSide } from '../diff/diff-variables.ts';

export interface Sides {
  readonly former: VariableSide;
  readonly next: VariableSide;
}
