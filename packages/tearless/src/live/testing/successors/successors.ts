// The successors in their order: each builds on those before it; the last must be refused.
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
import { newEvent, newEventInTable } from './events.ts';
import { bitOfStreams, changedEnum, memberOfCircuits, newOption, optionOfModule, otherIntegers } from './layouts.ts';
import { newImports } from './libraries.ts';
import { type Successor, withSuffix } from './successor.ts';
import { changedTable } from './tables.ts';

const early: readonly Successor[] = [
  functionBodies,
  newFunction,
  changedSignature,
  memberOfCircuits,
  mainLoopFix,
  changedTable,
  renamedStatics,
  removedFunction,
  cachedVersion,
  bitOfStreams,
  newImports,
  optionOfModule,
  newEvent,
  newEventInTable,
];

/**
 * All of them. What circuits have for congestion control stands in a header that many files include; options of tor itself stand in one
 * that almost every file includes: its build takes as long as all others.
 */
export const successors: readonly Successor[] = [...early, otherIntegers, newOption, changedEnum];

/** Those that are built in seconds each. */
export const quickSuccessors: readonly Successor[] = [...early, changedEnum];

/** For `ensureBuilds`: a build each, behind that of the release itself. */
export const editsOf = (row: readonly Successor[]): SourceEdit[] =>
  row.map(({ edit }, index) => withSuffix(edit, index + 1));

export const successorEdits: readonly SourceEdit[] = editsOf(quickSuccessors);
