// Two builds compared in all that a live update depends on. Values only.
import type { CodeDiff } from './diff-code.ts';
import type { TypeDiff } from './diff-types.ts';
import type { VariableDiff } from './diff-variables.ts';
import type { NewImport } from './new-imports.ts';

export interface Differences {
  readonly code: CodeDiff;
  readonly types: TypeDiff;
  readonly variables: VariableDiff;
  /** Of the former version: functions that are never entered again, and what they wait in. */
  readonly onStack: ReadonlyMap<string, readonly string[]>;
  /** Of those: parts and clones that the compiler made, which they call without a look at what has become of them, and who does. */
  readonly partsOnStack: ReadonlyMap<string, string>;
  /** Those were found from the program's beginning on. */
  readonly isLoopFollowed: boolean;
  /** Of changed types: how the former version reaches them from its variables; undefined where that cannot be shown. */
  readonly reached: ReadonlyMap<string, string | undefined>;
  /** The next version knows other options, or knows them otherwise. */
  readonly otherOptions: boolean;
  /** Keys of tables of options of a module that only one of the versions has. */
  readonly otherModules: readonly string[];
  /** By the member that it is kept in: the option that the next version has more, and gives what it begins with. */
  readonly newOptions: ReadonlyMap<string, string>;
  /** Keys of lists that the next version makes otherwise, and that stay as they were made once. */
  readonly keptLists: readonly string[];
  /** Keys of events that recur which the next version has more, and that nothing registers. */
  readonly newEvents: readonly string[];
  /** Libraries that the next version asks for and the former does not. */
  readonly newLibraries: readonly string[];
  /** Names that the next version asks libraries for and the former does not, or otherwise. */
  readonly newImports: readonly NewImport[];
}
