// The twelve successors in their order: each builds on those before it; the last must be refused.
import type { SourceEdit } from '../edit-source.ts';
import {
  cachedVersion,
  changedSignature,
  functionBodies,
  mainLoopFix,
  newFunction,
  removedFunction,
  renamedStatics,
} from './code.ts';
import { bitOfStreams, changedEnum, memberOfCircuits, newOption } from './layouts.ts';
import { type Successor, withSuffix } from './successor.ts';
import { changedTable } from './tables.ts';

export const successors: readonly Successor[] = [
  functionBodies,
  newFunction,
  changedSignature,
  memberOfCircuits,
  newOption,
  mainLoopFix,
  changedTable,
  renamedStatics,
  removedFunction,
  cachedVersion,
  bitOfStreams,
  changedEnum,
];

/** For `ensureBuilds`: a build each, behind that of the release itself. */
export const successorEdits: readonly SourceEdit[] = successors.map(({ edit }, index) => withSuffix(edit, index + 1));
