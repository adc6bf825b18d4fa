// tearless.yaml: text to a checked value. Every problem is reported at once, each with its place.
import { z } from 'zod';
import { didYouMean } from '../base/did-you-mean.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { findContradictions } from './contradictions.ts';
import { describeIssue } from './issue-words.ts';
import { Config } from './schema.ts';
import { type ConfigSource, parseConfigSource } from './source.ts';

type Issue = z.core.$ZodIssue;

/** The keys that a strict map at `path` may have, from the generated JSON Schema. */
const knownKeys = (path: readonly PropertyKey[]): string[] => {
  type Json = {
    properties?: Record<string, Json>;
    additionalProperties?: Json | boolean;
    items?: Json;
    anyOf?: Json[];
  };
  let at = z.toJSONSchema(Config, { io: 'input' }) as Json;
  for (const key of path) {
    const options: Json[] = at.anyOf ?? [at];
    const next = options
      .map((option) =>
        typeof key === 'number'
          ? option.items
          : (option.properties?.[String(key)] ??
            (typeof option.additionalProperties === 'object' ? option.additionalProperties : undefined)),
      )
      .find((option) => option !== undefined);
    if (next === undefined) return [];
    at = next;
  }
  return (at.anyOf ?? [at]).flatMap((option) => Object.keys(option.properties ?? {}));
};

/** In a union the branch of the form that was written says most: the one whose problems lie deepest or name a key. */
const pickBranch = (issue: Issue): Issue[] => {
  if (issue.code !== 'invalid_union') return [issue];
  const isOfType = (inner: Issue): boolean => inner.code === 'invalid_type' && inner.path.length === 0;
  const branches = issue.errors.filter((branch) => branch.length > 0);
  // None has the form that was written: all of them say what may stand here.
  if (branches.every((branch) => branch.every(isOfType))) return [issue];
  const depth = (branch: readonly Issue[]) =>
    Math.max(...branch.map((inner) => inner.path.length + (isOfType(inner) ? -1 : 0)));
  const best = branches.reduce((a, b) => (depth(b) > depth(a) ? b : a));
  return best.flatMap((inner) => pickBranch({ ...inner, path: [...issue.path, ...inner.path] }));
};

const toProblems = (issue: Issue, source: ConfigSource): ConfigProblem[] => {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const suggestion = didYouMean(key, knownKeys(issue.path));
      return {
        code: 'config-unknown-key',
        message: `unknown key '${key}'`,
        ...source.position([...issue.path, key], 'key'),
        ...(suggestion === undefined ? {} : { suggestion }),
      };
    });
  return [
    {
      ...describeIssue(issue, source.value),
      ...source.position(issue.path, issue.code === 'invalid_key' ? 'key' : 'value'),
    },
  ];
};

const byPlace = (a: ConfigProblem, b: ConfigProblem): number => a.line - b.line || a.column - b.column;

/**
 * @param text YAML 1.2
 * @param path shown in errors
 * @throws ConfigError with every problem: syntax, unknown keys, wrong types, and what contradicts itself
 */
export const parseConfig = (text: string, path: string): Config => {
  const source = parseConfigSource(text, path);
  const result = Config.safeParse(source.value ?? {});
  const problems = result.success
    ? findContradictions(result.data, source)
    : result.error.issues.flatMap(pickBranch).flatMap((issue) => toProblems(issue, source));
  const [first, ...rest] = problems.toSorted(byPlace);
  if (first !== undefined) throw new ConfigError(path, [first, ...rest]);
  if (!result.success)
    throw new ConfigError(path, [{ code: 'config-wrong-value', message: result.error.message, line: 1, column: 1 }]);
  return result.data;
};
