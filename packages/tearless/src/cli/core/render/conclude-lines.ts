// What an experiment left, and the checklist of its end, as lines for people.
import type { ChecklistLine } from '../../../experiments/conclude/checklist.ts';
import type { Leaving } from '../../../experiments/conclude/leaving.ts';
import type { Style } from '../style.ts';

const renderLeaving = (leaving: Leaving, symbol: string, style: Style): string[] => {
  const { id, text, line, path, evidence, action } = leaving;
  const place =
    id.includes(path) || action.kind === 'timer'
      ? ''
      : ` ${style.dim(`${path}${line === undefined ? '' : `:${line}`}`)}`;
  const isNamed = action.kind === 'timer' || action.kind === 'unit-file';
  return [
    `  ${symbol} ${id}${place}`,
    ...(isNamed ? [] : [`      ${text.trim()}`]),
    ...evidence.map((each) => `      ${style.dim(each)}`),
  ];
};

/** Timers and units first, as they are found; what stays stands apart, with the option that would take it. */
export const renderLeavings = (leavings: readonly Leaving[], style: Style): string[] => {
  const of = (verdict: Leaving['verdict'], origin?: Leaving['origin']) =>
    leavings.filter((each) => each.verdict === verdict && (origin === undefined || each.origin === origin));
  const part = (title: string, list: readonly Leaving[], symbol: string): string[] =>
    list.length === 0 ? [] : [style.strong(title), ...list.flatMap((each) => renderLeaving(each, symbol, style)), ''];
  return [
    ...part('left by the experiment, and removed', of('remove'), style.bad('-')),
    ...part(
      'maybe of the experiment, and not touched (--remove NAME takes it)',
      of('ask', 'experiment'),
      style.warn('?'),
    ),
    ...part(
      'maybe of an earlier experiment, and not touched (--remove NAME or --remove earlier takes it)',
      of('ask', 'earlier'),
      style.warn('?'),
    ),
    ...part('for an administrator’s hand', of('by-hand'), style.warn('?')),
    ...part('left as you wish', of('leave'), style.dim('=')),
  ];
};

const marks = { done: '[x]', open: '[ ]', none: '[-]' } as const;

/** One line each, and under what is open why. */
export const renderChecklistLines = (lines: readonly ChecklistLine[], style: Style): string[] =>
  lines.flatMap(({ title, state, evidence }) => [
    `${state === 'done' ? style.good(marks[state]) : state === 'open' ? style.warn(marks[state]) : marks[state]} ${title}`,
    ...(state === 'open' ? evidence.slice(0, 6).map((each) => `      ${each}`) : []),
  ]);
