// What a verdict's reasons have in common, so that a leap over years stays one page: one group a code, the worst first. Pure.

import type { Reason } from '../../../live/verdict/reason.ts';
import { kindOf, type ReasonCode, type ReasonKind, reasonKinds } from '../../../live/verdict/reason-kinds.ts';

export interface ReasonGroup extends ReasonKind {
  readonly code: ReasonCode;
  readonly reasons: readonly Reason[];
  /** Types, variables and functions, those with most reasons first. */
  readonly subjects: readonly { readonly name: string; readonly count: number }[];
}

const order = Object.keys(reasonKinds);

/** A member counts for its type. */
export const ownerOf = (subject: string): string =>
  /^(?:struct|union|enum|typedef) [^.]+/.exec(subject)?.[0] ?? subject;

export const groupReasons = (reasons: readonly Reason[]): ReasonGroup[] =>
  [...Map.groupBy(reasons, ({ code }) => code)]
    .map(([code, ones]): ReasonGroup => {
      const subjects = [...Map.groupBy(ones, ({ subject }) => ownerOf(subject))]
        .map(([name, { length: count }]) => ({ name, count }))
        .sort((a, b) => b.count - a.count);
      return { code, ...kindOf(code), reasons: ones, subjects };
    })
    .sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code));
