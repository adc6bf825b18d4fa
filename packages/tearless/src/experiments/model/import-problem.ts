// What is wrong with a row or a file of an import: kept with the experiment, since the audit proves findings with it.
import { formatSecond } from '../../report/format.ts';

export interface ImportProblem {
  /**
   * `duplicate-row`: the same relay at the same instant again; the first row is kept. `bad-row`: a field that cannot be
   * read, or too few or too many; left out. `empty-fingerprint`, `mixed-zones`, `unknown-column`, `unreadable-file`.
   */
  readonly code:
    | 'duplicate-row'
    | 'bad-row'
    | 'empty-fingerprint'
    | 'mixed-zones'
    | 'unknown-column'
    | 'unreadable-file';
  /** Relative to the folder. */
  readonly file: string;
  /** From 1; undefined where it is of the whole file. */
  readonly line?: number;
  readonly message: string;
  /** The relay's id and the instant, where the row tells them. */
  readonly relay?: string;
  readonly atMs?: number;
  /** For `duplicate-row`: whether both rows say the same. */
  readonly same?: boolean;
  /** How many rows this stands for: past a limit, rows of one kind are only counted. 1 otherwise. */
  readonly rows: number;
}

/**
 * @param what the relay, or the row, that stands there again
 * @param where `line 4`, `old.csv, line 4`
 */
export const describeRepeat = (what: string, atMs: number, where: string, same: boolean): string =>
  `${what} at ${formatSecond(atMs)} stands in ${where} already, with ${same ? 'the same' : 'other'} figures`;
