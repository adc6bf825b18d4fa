// A run as it stands: what each item came to, with the evidence for it.

import type { ChangeItem } from '../../../change/plan.ts';
import { type ItemState, isBegun, type RunState, type StepState } from '../../../change/state.ts';
import { renderHolder } from '../../../store/holder.ts';
import type { Style } from '../style.ts';
import { renderSaid } from './said-lines.ts';
import { renderStepCost } from './step-cost.ts';

const paintPhase = (phase: ItemState['phase'], style: Style): string =>
  phase === 'done' || phase === 'undone'
    ? style.good(phase)
    : phase === 'pending'
      ? style.dim(phase)
      : phase === 'failed' || phase === 'undo-failed'
        ? style.bad(phase)
        : style.warn(phase);

/** Activations are looked at on the way back also where they never began, and then they are as they were. */
const stepWord = (state: StepState): string => {
  const { progress, undo } = state;
  if (!isBegun(state)) return progress;
  return undo === 'done' ? 'undone' : undo === 'intended' ? 'being undone' : progress;
};

/** What holds now: an item that went back passed the gates of its former state. */
const renderGates = (item: ChangeItem, { phase, gates }: ItemState, style: Style): string[] => {
  const specs = phase === 'undone' ? item.undoGates : item.gates;
  return specs
    .filter(({ id }) => gates[id] !== undefined)
    .map(({ summary }) => `    ${style.good('?')} ${summary}  ${style.dim('passed')}`);
};

const renderItem = (item: ChangeItem, state: ItemState | undefined, style: Style): string[] => {
  if (state === undefined) return [`  ${item.id}  ${style.dim('pending')}`];
  const shown = state.phase === 'pending' ? [] : item.steps;
  return [
    `  ${style.strong(item.id)}  ${paintPhase(state.phase, style)}`,
    ...shown.map((step) => {
      const progress = state.steps[step.id];
      const word = progress === undefined ? 'pending' : stepWord(progress);
      const cost = renderStepCost(progress?.evidence ?? {});
      return `    ${step.symbol} ${step.summary}  ${style.dim(cost === undefined ? word : `${word}: ${cost}`)}`;
    }),
    ...renderGates(item, state, style),
    ...(state.failure === undefined
      ? []
      : [
          `    ${style.bad(state.failure.message)}`,
          ...state.failure.causes.map((cause) => `      ${style.dim(`because ${cause}`)}`),
          ...renderSaid(state.failure.message, state.failure.lines).map((line) => `      ${style.dim(line)}`),
        ]),
    ...(state.unknown
      ? [`    ${style.warn('its host could not be reached: what the last step did is not known yet')}`]
      : []),
  ];
};

const instant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

export const renderRunState = (state: RunState, style: Style): string[] => [
  `${style.strong('run')} ${state.run} of fleet ${state.plan.fleet}`,
  `  begun ${instant(state.startedMs)}${state.by === undefined ? '' : ` by ${renderHolder(state.by)}`}, last entry ${instant(state.lastMs)}`,
  `  ${state.outcome ?? 'not finished'}${state.stopped === undefined ? '' : `: stopped in batch ${state.stopped.batch + 1}: ${state.stopped.failure.message}`}`,
  ...state.plan.items.flatMap((item) => renderItem(item, state.items[item.id], style)),
  ...(state.missingItems.length === 0
    ? []
    : [style.warn(`  not known on this machine: ${state.missingItems.join(', ')}`)]),
];
