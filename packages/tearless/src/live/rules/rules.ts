// What no tool can know of a release, said by a person beside it: what new members begin with in objects that exist, which caches to
// drop, what to call afterwards, and what going back takes. Here its form alone; `resolveRules` checks it against both builds.
// Text in, values out.
import { parse } from 'yaml';
import { z } from 'zod';
import { describeIssues } from '../describe-issues.ts';
import { LiveError } from '../live-error.ts';

const name = z.string().regex(/^[A-Za-z_]\w*$/, 'expected a name of C');
const typeName = z
  .string()
  .regex(/^(?:(?:struct|union|typedef) )?[A-Za-z_]\w*$/, 'expected a type, such as struct connection_t');
const passingName = z
  .string()
  .regex(/^(?:(?:struct|union|enum|typedef) )?[A-Za-z_]\w*$/, 'expected a type, such as struct connection_t');
const memberName = z
  .string()
  .regex(/^(?:(?:struct|typedef) )?[A-Za-z_]\w*\.[A-Za-z_]\w*$/, 'expected struct NAME.MEMBER');
/** `NAME`, `FILE.c:NAME`, `FILE.c:FUNCTION.NAME`. */
const symbolName = z
  .string()
  .regex(/^(?:[\w.+-]+:)?[A-Za-z_][\w.]*$/, 'expected NAME, FILE.c:NAME or FILE.c:FUNCTION.NAME');

/** A number, `zero` (which also empties what is no number), or the name of an enumerator. */
const RuleValue = z.union([z.int(), z.boolean(), name]);
export type RuleValue = z.infer<typeof RuleValue>;

const WayStep = z.union([
  /** Elements of the smartlist or array here, as pointers to that type. */
  z.strictObject({ each: typeName }),
  /** All of the hash table here. */
  z.strictObject({ inTable: z.literal(true) }),
  /** What is here and all that follow it by that member. */
  z.strictObject({ next: name }),
  /** A member; where that is a pointer, what it points to. */
  z.strictObject({ member: name }),
  /** The struct that has what is here within it, or what a `void *` points to. */
  z.strictObject({ as: typeName }),
  /** Only those whose members hold that. */
  z.strictObject({ where: z.record(name, RuleValue) }),
]);
export type WayStep = z.infer<typeof WayStep>;

const Way = z.strictObject({ from: symbolName, through: z.array(WayStep).default([]) });
export type Way = z.infer<typeof Way>;

const MemberRule = z.union([
  /** `zero` alone: a person has looked, and new code takes the zero that is there for what it is. */
  z.literal('zero'),
  /** Of one that has a sign now, or none any more: what it holds is small enough for both. */
  z.literal('keep'),
  z.strictObject({ value: RuleValue, of: z.union([Way, z.array(Way).min(1)]) }),
  /** Of another member, or of what the former build has by this name or that. */
  z.strictObject({ copy: name, of: z.union([Way, z.array(Way).min(1)]) }),
]);
export type MemberRule = z.infer<typeof MemberRule>;

const VariableRule = z.union([RuleValue, z.strictObject({ copy: symbolName })]);
export type VariableRule = z.infer<typeof VariableRule>;

const Direction = z.strictObject({
  /** By `struct NAME.MEMBER`. */
  members: z.record(memberName, MemberRule).default({}),
  variables: z.record(symbolName, VariableRule).default({}),
  /** As C writes calls: `mark_my_descriptor_dirty("new version")`. */
  calls: z.array(z.string()).default([]),
});
export type Direction = z.infer<typeof Direction>;

const Rules = z.strictObject({
  schema: z.literal('tearless.live-rules/v1'),
  /** What new members begin with, by `struct NAME.MEMBER`. */
  members: z.record(memberName, MemberRule).default({}),
  /** Variables that begin with another value in the next build, or have another sign, and go on as they are. */
  keep: z.array(symbolName).default([]),
  /** Variables whose successor takes their place as it is declared, whatever the program has written to them: that is left behind. */
  anew: z.array(symbolName).default([]),
  /** Functions that are gone: nobody holds their addresses any more, or may go on calling them as they were. */
  gone: z.array(symbolName).default([]),
  /** Types of which nothing lives while the program waits: they may change in any way. */
  passing: z.array(passingName).default([]),
  /** After the update, then after its rollback. */
  up: Direction.prefault({}),
  down: Direction.prefault({}),
});
export type Rules = z.infer<typeof Rules>;

/** New members that are taken to begin with the zero that is there, by `struct NAME.MEMBER`. */
export const listZeroMembers = (rules: Pick<Rules, 'members'> | undefined): string[] =>
  Object.entries(rules?.members ?? {}).flatMap(([member, rule]) => (rule === 'zero' ? [member] : []));

/** @param path for errors. */
export const rulesError = (path: string, why: string): LiveError =>
  new LiveError({
    kind: 'config',
    code: 'live-rules-bad',
    message: `${path}: ${why}`,
    subject: path,
    hint: "'tearless live verdict' names what a rule has to say; docs/how-to/write-live-rules.md has the form",
  });

/** @param path for errors. @throws LiveError `live-rules-bad` */
export const parseRules = (text: string, path: string): Rules => {
  // A program, say: of what it is made would go to the terminal.
  if (text.includes('\0')) throw rulesError(path, 'it is no text');
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw rulesError(path, error instanceof Error ? error.message : String(error));
  }
  const checked = Rules.safeParse(value);
  if (!checked.success) throw rulesError(path, describeIssues(checked.error));
  return checked.data;
};
