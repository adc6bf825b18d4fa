// A verdict for people. Pure.
import type { Differences, Reason, Verdict } from '../../../live/verdict/verdict.ts';
import { counted } from '../render/experiment-lines.ts';
import type { Style } from '../style.ts';

const meanings = {
  'code-only': 'code only: no type of anything that lives has changed',
  'uses-reserve': 'uses reserve: what is new in live objects lies in space that was set aside',
  'needs-rule': 'needs a rule: somebody has to say what no tool can know',
  refuse: 'refused: an ordinary restart is the way',
} as const;

const shown = 3;

/** A subject once, with what is said of it; the rest of much is counted. */
const renderReasons = (reasons: readonly Reason[]): string[] => {
  const bySubject = new Map<string, string[]>();
  for (const { subject, detail } of reasons) bySubject.set(subject, [...(bySubject.get(subject) ?? []), detail]);
  return [...bySubject].flatMap(([subject, details]) => [
    `  ${subject}`,
    ...details.slice(0, shown).map((detail) => `    ${detail}`),
    ...(details.length > shown ? [`    and ${details.length - shown} more: --explain '${subject}'`] : []),
  ]);
};

export const renderVerdict = (
  versions: readonly [former: string, next: string],
  { verdict, reasons }: Verdict,
  { code, types, variables }: Differences,
  style: Style,
): string[] => {
  const paint = verdict === 'code-only' || verdict === 'uses-reserve' ? style.good : style.warn;
  const changes = [...code.changed.values()];
  const lines = changes.filter((change) => change === 'lines').length;
  const weighty = reasons.filter(({ weight }) => weight !== 'note');
  const notes = reasons.filter(({ weight }) => weight === 'note');
  return [
    style.strong(`${versions[0]} to ${versions[1]}`),
    paint(meanings[verdict]),
    '',
    `functions  ${code.same} the same, ${changes.length - lines} changed, ${lines} with other line numbers only, ${code.added.length} added, ${code.removed.length} removed`,
    `types      ${types.changed.size} changed, ${types.added.length} added, ${types.removed.length} removed`,
    `variables  ${variables.same} the same, ${variables.changed.size} changed, ${variables.added.length} added, ${variables.removed.length} removed`,
    ...(weighty.length === 0 ? [] : ['', `${counted(weighty.length, 'thing')} in the way:`]),
    ...renderReasons(weighty),
    ...(notes.length === 0 ? [] : ['', 'To know:']),
    ...renderReasons(notes),
  ];
};

/** The differences as JSON has them. */
export const describeDifferences = ({ code, types, variables, newImports }: Differences) => ({
  functions: {
    same: code.same,
    changed: Object.fromEntries(code.changed),
    added: code.added,
    removed: code.removed,
  },
  types: { changed: Object.fromEntries(types.changed), added: types.added, removed: types.removed },
  variables: {
    same: variables.same,
    changed: Object.fromEntries(variables.changed),
    added: variables.added,
    removed: variables.removed,
  },
  newImports,
});
