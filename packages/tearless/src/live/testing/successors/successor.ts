// What a successor is: a version of tor that imitates one kind of change in real releases, made by edits of ours on the release that
// Debian has now and on the successors before it.

import type { VerdictKind } from '../../verdict/reason.ts';
import type { ReasonCode } from '../../verdict/reason-kinds.ts';
import { allOf, inFile, inFunction, type SourceEdit } from '../edit-source.ts';

export interface Successor {
  /** The kind of change, in a few words. */
  readonly name: string;
  readonly edit: SourceEdit;
  /** Without rules. */
  readonly verdict: VerdictKind;
  /** Of that verdict: all of them, notes too, in any order. */
  readonly reasons: readonly PlannedReason[];
  /** What a person has to say of it, as YAML, and what the verdict is then. */
  readonly rules?: {
    readonly text: string;
    readonly verdict: VerdictKind;
    readonly reasons: readonly PlannedReason[];
  };
  /** What a tor knows on its control port while this code runs, and only then. */
  readonly knows?:
    | { readonly option: string; readonly initial: string }
    | { readonly info: string; readonly answer: string };
}

type PlannedReason = readonly [code: ReasonCode, subject: string];

/** What `GETINFO version` ends with while the code of the n-th successor runs. */
export const suffixOf = (turn: number): string => `carried-${turn}`;

const answer = /\*answer = tor_strdup\(get_version\(\)\);|tor_asprintf\(answer, "%s carried-\d+", get_version\(\)\);/;

/** Lets the n-th successor say so, whatever else it changes. */
export const withSuffix = (edit: SourceEdit, turn: number): SourceEdit =>
  allOf(
    edit,
    inFile(
      'src/feature/control/control_getinfo.c',
      inFunction('getinfo_helper_misc', (text) => {
        if (!answer.test(text)) throw new Error('GETINFO version is answered elsewhere');
        return text.replace(answer, `tor_asprintf(answer, "%s ${suffixOf(turn)}", get_version());`);
      }),
    ),
  );
