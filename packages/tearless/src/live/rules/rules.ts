// What no tool can know of a release, said by a person beside it: what a new member of a struct begins with in objects that exist.
// Text in, values out.
import { parse } from 'yaml';
import { z } from 'zod';
import { LiveError } from '../live-error.ts';
import type { Differences } from '../verdict/verdict.ts';

/** `zero`: a person has looked, and new code takes a zero for what it is. */
const Begin = z.literal('zero');

const Rules = z.strictObject({
  schema: z.literal('tearless.live-rules/v1'),
  /** By `struct NAME.MEMBER`. */
  members: z.record(z.string(), Begin),
});
export type Rules = z.infer<typeof Rules>;

const refuse = (path: string, why: string): LiveError =>
  new LiveError({
    kind: 'config',
    code: 'live-rules-bad',
    message: `${path}: ${why}`,
    subject: path,
    hint: "expected: schema: tearless.live-rules/v1, members: { 'struct NAME.MEMBER': zero }",
  });

/** @param path for errors. @throws LiveError `live-rules-bad` */
export const parseRules = (text: string, path: string): Rules => {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw refuse(path, error instanceof Error ? error.message : String(error));
  }
  const checked = Rules.safeParse(value);
  if (!checked.success) throw refuse(path, z.prettifyError(checked.error));
  return checked.data;
};

/**
 * The members that the rules declare.
 * @throws LiveError `live-rules-bad` for one that the update does not add: it was meant for something else
 */
export const declaredMembers = (rules: Rules, { types }: Pick<Differences, 'types'>, path: string): Set<string> => {
  const added = new Set(
    [...types.changed].flatMap(([type, changes]) =>
      changes.flatMap((change) => (change.kind === 'member-added' ? [`${type}.${change.member}`] : [])),
    ),
  );
  for (const member of Object.keys(rules.members))
    if (!added.has(member)) throw refuse(path, `this update adds no ${member}`);
  return new Set(Object.keys(rules.members));
};
