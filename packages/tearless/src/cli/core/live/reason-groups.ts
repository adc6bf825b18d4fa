// What a verdict's reasons have in common, so that a leap over years stays one page: one group a code, the worst first. Pure.
import type { Reason } from '../../../live/verdict/verdict.ts';

export interface ReasonGroup {
  readonly code: string;
  /** What is the same in all of them; undefined for a code that is only known by what it says itself. */
  readonly what: string | undefined;
  /** Why it matters, or what would make it pass. */
  readonly why: string | undefined;
  readonly reasons: readonly Reason[];
  /** Types, variables and functions, those with most reasons first. */
  readonly subjects: readonly { readonly name: string; readonly count: number }[];
}

/** In the order in which they are told. */
const known: Readonly<Record<string, readonly [what: string, why: string]>> = {
  'live-on-stack-code': [
    'code that is always being run has changed',
    'it is never entered again, so its new form would never run: only a restart enters it',
  ],
  'live-type-size': [
    'types have another size',
    'objects that exist are of the former size; builds made with --after keep it, as long as their room lasts',
  ],
  'live-type-member-moved': [
    'members lie elsewhere in their type',
    'new code would read something else of objects that exist; a build made with --after keeps them where they were',
  ],
  'live-type-member-retyped': [
    'members have another type at the same place',
    'what objects that exist hold there would be taken for something else',
  ],
  'live-type-member-added': [
    'new members lie outside of any room that was set aside',
    'objects that exist end before them; a build made with --after puts them into the room',
  ],
  'live-type-enumerator-changed': [
    'names of enums stand for other numbers',
    'objects that exist hold the former numbers',
  ],
  'live-type-ambiguous': [
    'types have more than one definition in one program',
    'which of them an object has cannot be followed',
  ],
  'live-variable-retyped': ['variables have another type', 'what they hold now cannot be read as that'],
  'live-variable-resized': ['variables have another size', 'what lies behind them in memory belongs to others'],
  'live-type-member-value': [
    'new members lie in the room, and nobody has said what they begin with',
    'in objects that exist they would be zero, which new code may take for something: a rule for each says what holds',
  ],
  'live-type-reserve': ['new members lie in the room, and a rule says what they begin with', ''],
  'live-variable-initialiser': [
    'variables begin with another value',
    'the new one is written where memory still has the former, and refused where it has not',
  ],
  'live-type-member-removed': ['members are gone', 'what they own in objects that exist is never freed'],
  'live-type-enumerator-removed': ['names of enums are gone', 'objects that exist may hold their numbers'],
  'live-type-enumerator-added': ['enums have new names', 'former code never made such a number'],
  'live-variable-added': [
    'variables are new',
    'they begin as they are declared, also where the program would have set them when it started',
  ],
  'live-import-added': [
    'names are asked of libraries for the first time',
    'a library that is not loaded cannot be added to what runs',
  ],
  'live-on-stack-lines': [
    'code that is always being run names other lines in its messages',
    'it goes on naming the former ones',
  ],
};
const order = Object.keys(known);

/** A member counts for its type. */
const ownerOf = (subject: string): string => /^(?:struct|union|enum|typedef) [^.]+/.exec(subject)?.[0] ?? subject;

export const groupReasons = (reasons: readonly Reason[]): ReasonGroup[] =>
  [...Map.groupBy(reasons, ({ code }) => code)]
    .map(([code, ones]): ReasonGroup => {
      const [what, why] = known[code] ?? [];
      const subjects = [...Map.groupBy(ones, ({ subject }) => ownerOf(subject))]
        .map(([name, { length: count }]) => ({ name, count }))
        .sort((a, b) => b.count - a.count);
      return { code, what, why: why === '' ? undefined : why, reasons: ones, subjects };
    })
    .sort((a, b) => rank(a.code) - rank(b.code));

/** What is not known here comes first: better too early than overlooked. */
const rank = (code: string): number => order.indexOf(code);
