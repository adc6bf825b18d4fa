// What the schema has against a value, in the words of who wrote the file: `restart.soak must be a duration such as 30s`.
// Values themselves are not repeated: one that stands in the wrong place may be a secret.
import type { z } from 'zod';
import { didYouMean } from '../base/did-you-mean.ts';

type Issue = z.core.$ZodIssue;

export interface IssueWords {
  readonly code: 'config-missing-key' | 'config-wrong-type' | 'config-wrong-value';
  readonly message: string;
  readonly suggestion?: string;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'null',
};

/** `text, a list or null`. */
const either = (words: readonly string[]): string => {
  const different = [...new Set(words)];
  const last = different.at(-1) ?? '';
  return different.length < 2 ? last : `${different.slice(0, -1).join(', ')} or ${last}`;
};

const typeOf = (value: unknown): string =>
  value === null ? 'nothing' : Array.isArray(value) ? 'a list' : (typeNames[typeof value] ?? typeof value);

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown => {
  let at = value;
  for (const key of path) {
    if (at === null || typeof at !== 'object') return undefined;
    at = Object.entries(at).find(([name]) => name === String(key))?.[1];
  }
  return at;
};

/** `settings[0].torrc.ORPort`. */
const renderPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}${text === '' ? '' : '.'}${String(key)}`),
    '',
  ) || 'the file';

/** What is expected of a type: undefined where the complaint is about something else. */
const expectedTypes = (issue: Issue): string[] | undefined => {
  if (issue.code === 'invalid_type') return [typeNames[issue.expected] ?? issue.expected];
  if (issue.code !== 'invalid_union') return undefined;
  const ofBranches = issue.errors.map(([first, ...rest]) =>
    first !== undefined && rest.length === 0 && first.path.length === 0 ? expectedTypes(first) : undefined,
  );
  return ofBranches.every((types) => types !== undefined) ? ofBranches.flat() : undefined;
};

const ofType = (expected: readonly string[], value: unknown, where: string): IssueWords => {
  if (value === undefined)
    return {
      code: 'config-missing-key',
      message: `${where} is missing`,
      suggestion: `add it as ${either(expected)}`,
    };
  const message = `${where} must be ${either(expected)}, not ${typeOf(value)}`;
  const quoted = expected.join() === typeNames.string && (typeof value === 'number' || typeof value === 'boolean');
  return { code: 'config-wrong-type', message, ...(quoted ? { suggestion: `write "${value}"` } : {}) };
};

/** A number's own size, or what is counted in a text or a list. */
const bounded = (origin: string, bound: string, count: number | bigint): string => {
  if (origin === 'array') return `have ${bound} ${count} ${count === 1 ? 'entry' : 'entries'}`;
  return `be ${bound} ${count}${origin === 'string' ? ' characters long' : ''}`;
};

/**
 * @param root what the file says as a whole; the issue's path leads into it
 */
export const describeIssue = (issue: Issue, root: unknown): IssueWords => {
  const where = renderPath(issue.path);
  const value = valueAt(root, issue.path);
  const wrong = (message: string, suggestion?: string): IssueWords => ({
    code: 'config-wrong-value',
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
  const expected = expectedTypes(issue);
  if (expected !== undefined) return ofType(expected, value, where);
  switch (issue.code) {
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      if (value === undefined)
        return {
          code: 'config-missing-key',
          message: `${where} is missing`,
          suggestion: `add it as ${either(allowed)}`,
        };
      return wrong(
        `${where} must be ${either(allowed)}`,
        typeof value === 'string' ? didYouMean(value, allowed) : undefined,
      );
    }
    case 'too_big':
      return wrong(`${where} must ${bounded(issue.origin, 'at most', issue.maximum)}`);
    case 'too_small': {
      const bound = issue.inclusive === false ? 'more than' : 'at least';
      return wrong(`${where} must ${bounded(issue.origin, bound, issue.minimum)}`);
    }
    case 'invalid_key':
      return wrong(
        `the key '${String(issue.path.at(-1))}' of ${renderPath(issue.path.slice(0, -1))} must be ${issue.issues[0]?.message ?? 'another'}`,
      );
    case 'invalid_format':
      return wrong(`${where} must be ${issue.message}`);
    default:
      return wrong(`${where}: ${issue.message}`);
  }
};
