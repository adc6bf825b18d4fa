// A mean and its interval as a bar with a diamond: filled for the clean figure, hollow for the one as assigned.
import { type Html, html } from '../../html.ts';
import type { ArmEstimate } from '../experiment-report.ts';
import { isKnown } from '../figures.ts';
import { at, line } from './canvas.ts';
import type { Theme } from './theme.ts';

export interface IntervalMark {
  readonly estimate: ArmEstimate | null;
  readonly filled: boolean;
  readonly color: string;
  readonly title: string;
}

/** @returns nothing where there is no figure */
export const renderIntervalMark = (
  theme: Theme,
  x: (value: number) => number,
  y: number,
  mark: IntervalMark,
): Html | undefined => {
  const { estimate, color } = mark;
  if (estimate === null || !isKnown(estimate.mean)) return undefined;
  const middle = x(estimate.mean);
  const bar =
    isKnown(estimate.low) && isKnown(estimate.high)
      ? html`${line(x(estimate.low), y, x(estimate.high), y, color, html`stroke-width="${mark.filled ? 3 : 1.5}" stroke-linecap="round"`)}`
      : undefined;
  const size = 5;
  return html`<g><title>${mark.title}</title>${bar}<path d="M${at(middle - size)},${at(y)}L${at(middle)},${at(y - size)}L${at(middle + size)},${at(y)}L${at(middle)},${at(y + size)}Z" fill="${mark.filled ? color : theme.paper}" stroke="${color}" stroke-width="1.5"/></g>`;
};
