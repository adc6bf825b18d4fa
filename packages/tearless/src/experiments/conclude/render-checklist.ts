// The checklist of an end as a document that stays with the data. Pure.
import type { ChecklistLine } from './checklist.ts';

const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

const mark: Readonly<Record<ChecklistLine['state'], string>> = { done: 'x', open: ' ', none: '-' };

export const renderChecklist = (
  experiment: { readonly id: string; readonly title: string },
  target: string | undefined,
  lines: readonly ChecklistLine[],
  atMs: number,
): string =>
  [
    `# End of the experiment ${experiment.id}`,
    '',
    ...(experiment.title === experiment.id ? [] : [experiment.title, '']),
    `As of ${iso(atMs)}. Target: ${target ?? 'what the settings of tearless.yaml say'}.`,
    '',
    'Each line is ticked from what proves it: `[x]` done, `[ ]` open, `[-]` nothing to do.',
    '',
    ...lines.flatMap(({ title, state, evidence }) => [
      `- [${mark[state]}] ${title}`,
      ...evidence.map((each) => `  - ${each}`),
    ]),
    '',
  ].join('\n');
