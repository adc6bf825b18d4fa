// All that a verdict has to say of one name: what became of it, then each reason, those of one kind together. Pure.
import type { Differences } from '../../../live/diff/differences.ts';
import type { Reason, Verdict } from '../../../live/verdict/reason.ts';
import { kindOf } from '../../../live/verdict/reason-kinds.ts';
import { groupReasons, ownerOf } from './reason-groups.ts';
import { indent } from './verdict-text.ts';

/** The name itself, or a part of a key: `struct connection_t`, `file.c:function.name`. */
const isMeant = (key: string, name: string): boolean => key === name || key.split(/[ :.]/).includes(name);

const describeName = (name: string, { code, types, variables, onStack, reached }: Differences): string[] => [
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
];

/** Where all of one kind end alike, that is said once. */
const renderKind = (subject: string, reasons: readonly Reason[], width: number): string[] =>
  groupReasons(reasons).flatMap(({ code, reasons: ones }) => {
    const { helps, why } = kindOf(code);
    const end = `: ${why}`;
    const isSaidOnce = ones.length > 1 && ones.every(({ detail }) => detail.endsWith(end));
    const lines = ones.map((one) => {
      const detail = isSaidOnce ? one.detail.slice(0, -end.length) : one.detail;
      return one.subject === subject ? detail : `${one.subject}: ${detail}`;
    });
    return [
      ...(isSaidOnce ? indent(`${kindOf(code).what}: ${why}`, width, '  ') : []),
      ...lines.flatMap((line) => indent(line, width, isSaidOnce ? '    ' : '  ')),
      ...(helps === undefined ? [] : indent(`what helps: ${helps}`, width)),
    ];
  });

/** @param width of a line */
export const explain = (name: string, { reasons }: Verdict, differences: Differences, width: number): string[] => {
  const meant = reasons.filter(({ subject }) => isMeant(subject, name));
  const lines = [
    ...describeName(name, differences).flatMap((line) => indent(line, width, '', '  ')),
    ...[...Map.groupBy(meant, ({ subject }) => ownerOf(subject))].flatMap(([subject, ones]) => [
      subject,
      ...renderKind(subject, ones, width),
    ]),
  ];
  return lines.length > 0
    ? lines
    : [`nothing about ${name} has changed, or there is no such type, variable or function`];
};
