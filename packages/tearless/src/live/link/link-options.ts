// What an update is linked from.
import type { VariableSide } from '../diff/diff-variables.ts';
import type { Differences } from '../diff/differences.ts';
import type { MappedLibrary } from '../process/mapped-libraries.ts';
import type { Rules } from '../rules/rules.ts';
import type { Generation } from './generation.ts';

export interface LinkOptions {
  /** The build whose code the process runs now, and the one that it is to become. */
  readonly sides: { readonly former: VariableSide; readonly next: VariableSide };
  /** What a person says of the release; undefined for nothing. */
  readonly rules: Rules | undefined;
  readonly differences: Pick<Differences, 'code' | 'types' | 'variables'>;
  readonly former: Generation;
  /** Keys of `listSameConstants`. */
  readonly sameConstants: ReadonlySet<string>;
  /** Reads code of the running program. */
  readonly readCode: (address: bigint, lengthBytes: number) => Uint8Array;
  /** What the process has loaded: only read when new code asks for what the program never did. */
  readonly libraries: () => readonly MappedLibrary[];
  /** Where the process has `__register_frame`: `findUnwinder`. */
  readonly unwinder: bigint | undefined;
  /** Free addresses within two gigabytes of the program, a whole number of pages. */
  readonly at: bigint;
}
