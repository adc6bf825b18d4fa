// The live display of a run: a bar, the batch that goes on with what each item waits for, and what is behind.
import type { Style } from '../style.ts';
import { renderSeconds } from './plan-lines.ts';
import type { ItemPhase, ItemView, RunView } from './run-view.ts';

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** @param fraction 0 to 1 */
export const renderBar = (fraction: number, width: number, style: Style): string => {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return style.good('━'.repeat(filled)) + style.dim('─'.repeat(width - filled));
};

export const clip = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, Math.max(1, columns - 1))}…`;

const settled: ReadonlySet<ItemPhase> = new Set(['done', 'same', 'undone']);

const renderSign = ({ phase }: ItemView, frame: number, style: Style): string => {
  if (phase === 'done' || phase === 'same') return style.good('✔');
  if (phase === 'undone') return style.warn('↩');
  if (phase === 'failed') return style.bad('✖');
  if (phase === 'waiting') return style.dim('·');
  return style.accent(spinner[frame % spinner.length] ?? '');
};

const renderItem = (item: ItemView, nowMs: number, frame: number, columns: number, style: Style): string => {
  const busy = !settled.has(item.phase) && item.phase !== 'waiting' && item.phase !== 'failed';
  const seconds = busy ? style.dim(` ${Math.floor((nowMs - item.sinceMs) / 1000)} s`) : '';
  const paint = item.phase === 'failed' ? style.bad : item.phase === 'undoing' ? style.warn : style.dim;
  return `  ${renderSign(item, frame, style)} ${item.id.padEnd(20)} ${paint(clip(item.note, Math.max(20, columns - 34)))}${seconds}`;
};

/** @param frame counts redraws: turns the spinner */
export const renderRunView = (view: RunView, nowMs: number, frame: number, columns: number, style: Style): string[] => {
  const items = [...view.items.values()];
  const behind = items.filter(({ phase }) => (view.undoing ? phase === 'undone' : settled.has(phase))).length;
  const current = new Set(view.plan.batches[view.batch] ?? []);
  const shown = items.filter(
    ({ id, phase }) =>
      current.has(id) || phase === 'failed' || phase === 'undoing' || (view.undoing && phase === 'undone'),
  );
  const elapsed = renderSeconds((nowMs - view.startedMs) / 1000);
  const batch = view.batch < 0 ? 'starting' : `batch ${view.batch + 1} of ${view.plan.batches.length}`;
  return [
    `${renderBar(items.length === 0 ? 1 : behind / items.length, 28, style)} ${behind}/${items.length}  ${view.undoing ? style.warn('going back') : batch}  ${style.dim(elapsed)}`,
    ...(view.notice === undefined ? [] : [`  ${style.warn(clip(view.notice, columns - 4))}`]),
    ...shown.map((item) => renderItem(item, nowMs, frame, columns, style)),
  ];
};
