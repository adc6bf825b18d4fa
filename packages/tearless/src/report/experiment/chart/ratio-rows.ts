// Memory against control as a ratio, a row an arm: the interval and on which side of "the same as control" it lies.
import { scaleLog } from 'd3-scale';
import { html } from '../../html.ts';
import { armTitle, arrangeArms, figuresOf, hasTwoSets } from '../arms.ts';
import type { ArmFigures, ExperimentPicture, ReportArm } from '../experiment-report.ts';
import { formatP, formatRatio, formatRatioInterval, isKnown } from '../figures.ts';
import type { Chart, Layout } from './canvas.ts';
import { renderIntervalMark } from './interval-mark.ts';
import { type Row, renderRows, stripSpan } from './rows.ts';
import type { Theme } from './theme.ts';

const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100];
const ratioOf = (figures: ArmFigures) => figures.versusControl?.ratio ?? null;

const toRow = (arm: ReportArm, x: (ratio: number) => number, theme: Theme): Row => {
  const figures = figuresOf(arm);
  const shown = ratioOf(figures);
  const two = hasTwoSets(arm);
  const describe = (name: string, ratio: typeof shown): string =>
    `${armTitle(arm)}, ${name}: ${formatRatio(ratio?.mean)} of control, 95 % interval ${formatRatioInterval(ratio) ?? 'not given'}`;
  return {
    label: {
      name: armTitle(arm),
      note: formatP(figures.versusControl?.adjustedP) ?? 'no p value',
      figure: shown === null ? 'no ratio' : `× ${formatRatio(shown.mean)}`,
      detail: formatRatioInterval(shown) ?? 'no interval',
    },
    draw: (top) =>
      html`${two ? renderIntervalMark(theme, x, top + 8, { estimate: ratioOf(arm.asAssigned), filled: false, color: theme.arm, title: describe('as assigned', ratioOf(arm.asAssigned)) }) : undefined}${renderIntervalMark(theme, x, top + 20, { estimate: shown, filled: true, color: theme.arm, title: describe(two ? 'clean' : 'ratio', shown) })}`,
  };
};

/** Whether any arm has a ratio to draw. */
export const hasRatios = (picture: ExperimentPicture): boolean =>
  picture.report.arms.some((arm) => [arm.clean, arm.asAssigned].some((figures) => isKnown(ratioOf(figures)?.mean)));

export const renderRatioRows = (picture: ExperimentPicture, layout: Layout, theme: Theme): Chart => {
  const { left, right } = stripSpan(layout);
  const arms = arrangeArms(picture.report).filter(({ id }) => id !== picture.report.control);
  const values = arms
    .flatMap((arm) => [ratioOf(arm.clean), ratioOf(arm.asAssigned)])
    .flatMap((ratio) => [ratio?.mean, ratio?.low, ratio?.high])
    .filter((value): value is number => isKnown(value) && value > 0);
  const low = values.reduce((a, b) => Math.min(a, b), 0.9);
  const high = values.reduce((a, b) => Math.max(a, b), 1.1);
  const scale = scaleLog()
    .domain([low, high])
    .range([left + 12, right - 12])
    .clamp(true);
  const x = (ratio: number): number => scale(Math.max(ratio, low / 2));
  const ticks = steps.filter((step) => step >= low && step <= high);
  return renderRows(layout, theme, {
    rows: arms.map((arm) => toRow(arm, x, theme)),
    stripHeight: 30,
    ticks: ticks.map((tick) => ({ x: x(tick), text: `× ${tick}` })),
    axis: 'memory against control (logarithmic)',
    reference: { x: x(1), text: 'the same as control' },
    label: 'mean memory of every arm as a ratio to control, with 95 % intervals',
  });
};
