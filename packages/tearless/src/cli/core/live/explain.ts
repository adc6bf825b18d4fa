// All that a verdict has to say of one name. Pure.
import type { Differences } from '../../../live/diff/differences.ts';
import { kindOf } from '../../../live/verdict/reason-kinds.ts';
import type { Verdict } from '../../../live/verdict/verdict.ts';

/** The name itself, or a part of a key: `struct connection_t`, `file.c:function.name`. */
const isMeant = (key: string, name: string): boolean => key === name || key.split(/[ :.]/).includes(name);

export const explain = (
  name: string,
  { reasons }: Verdict,
  { code, types, variables, onStack, reached }: Differences,
): string[] => {
  const lines = [
    ...[...code.changed].flatMap(([key, change]) =>
      isMeant(key, name)
        ? [
            `function ${key}: ${change === 'lines' ? 'only line numbers changed' : change === 'references' ? 'refers to other strings, constants or functions' : 'other code'}`,
          ]
        : [],
    ),
    ...code.added.flatMap((key) => (isMeant(key, name) ? [`function ${key}: new`] : [])),
    ...code.removed.flatMap((key) =>
      isMeant(key, name) ? [`function ${key}: gone; who still calls it runs the former code`] : [],
    ),
    ...[...onStack].flatMap(([key, way]) =>
      isMeant(key, name) ? [`function ${key}: always being run (calls ${way.join(', which calls ')})`] : [],
    ),
    ...types.added.flatMap((key) => (isMeant(key, name) ? [`${key}: new`] : [])),
    ...types.removed.flatMap((key) => (isMeant(key, name) ? [`${key}: gone`] : [])),
    ...variables.added.flatMap((key) => (isMeant(key, name) ? [`variable ${key}: new`] : [])),
    ...variables.removed.flatMap((key) => (isMeant(key, name) ? [`variable ${key}: gone; its memory stays`] : [])),
    ...[...reached].flatMap(([key, way]) =>
      isMeant(key, name)
        ? [way === undefined ? `${key}: nothing leads there by its type` : `${key}: reached from ${way}`]
        : [],
    ),
    ...reasons.flatMap(({ subject, detail, code }) => {
      if (!isMeant(subject, name)) return [];
      const { helps } = kindOf(code);
      return [`${subject}: ${detail}`, ...(helps === undefined ? [] : [`  what helps: ${helps}`])];
    }),
  ];
  return lines.length > 0
    ? lines
    : [`nothing about ${name} has changed, or there is no such type, variable or function`];
};
