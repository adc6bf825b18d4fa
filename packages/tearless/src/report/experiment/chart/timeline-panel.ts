// One arm over time: its mean with the interval, the control beneath it, ticks where relays restarted, and what lies outside
// the window that the figures are of. All arms share both axes, so that panels compare.
import { scaleLinear, scaleUtc } from 'd3-scale';
import { type Html, html } from '../../html.ts';
import { armTitle, figuresOf } from '../arms.ts';
import type { ExperimentPicture, ReportArm, ReportWindow } from '../experiment-report.ts';
import { formatDay, formatIn, isInstant, isKnown, plural, windowMs } from '../figures.ts';
import { at, type Chart, type Layout, line, text, textWidth } from './canvas.ts';
import type { Theme } from './theme.ts';
import { type Point, pointsOf, type TimeFrame, thinPoints } from './time-frame.ts';
import { renderBand, renderMeanLine, type TimeScales } from './time-lines.ts';

const plotTop = 10;
const plotHeight = 118;
const rugTop = plotTop + plotHeight + 5;
const height = rugTop + 34;

interface Panel extends TimeScales {
  readonly layout: Layout;
  readonly theme: Theme;
  readonly frame: TimeFrame;
  readonly left: number;
  readonly right: number;
}

/** What is not part of the figures is shaded. */
const drawOutside = (panel: Panel, window: ReportWindow): Html => {
  const { fromMs, toMs } = windowMs(window);
  const shade = (from: number, to: number, name: string): Html | undefined => {
    const [start, end] = [Math.max(from, panel.left), Math.min(to, panel.right)];
    if (!(end - start > 0.5)) return undefined;
    const label =
      end - start > textWidth(name, 11) + 8
        ? text(panel.theme, start + 4, plotTop + 12, name, { size: 11 })
        : undefined;
    return html`<rect x="${at(start)}" y="${plotTop}" width="${at(end - start)}" height="${plotHeight}" fill="${panel.theme.line}" fill-opacity="0.55"/>${label}`;
  };
  return html`${isKnown(fromMs) ? shade(panel.left, panel.x(fromMs), 'not counted') : undefined}${isKnown(toMs) ? shade(panel.x(toMs), panel.right, 'not counted') : undefined}`;
};

const drawAxes = (panel: Panel): Html => {
  const { theme, left, right, frame } = panel;
  const scale = scaleLinear().domain([0, frame.highestBytes / frame.unit.bytes]);
  const ticks = scale.ticks(4);
  const format = scale.tickFormat(4);
  const days = scaleUtc()
    .domain([frame.fromMs, frame.toMs])
    .ticks(panel.layout.name === 'wide' ? 8 : 3);
  const hours = frame.toMs - frame.fromMs < 3 * 86_400_000;
  const name = (day: Date): string => (hours ? day.toISOString().slice(11, 16) : day.toISOString().slice(5, 10));
  return html`${ticks.map((tick) => {
    const y = panel.y(tick * frame.unit.bytes);
    return html`${line(left, y, right, y, theme.line)}${text(theme, left - 6, y + 4, `${format(tick)}${tick === ticks.at(-1) ? ` ${frame.unit.name}` : ''}`, { anchor: 'end', size: 11 })}`;
  })}${days.map((day) => {
    const x = panel.x(day.getTime());
    return html`${line(x, rugTop + 12, x, rugTop + 16, theme.soft)}${text(theme, x, rugTop + 28, name(day), { anchor: 'middle', size: 11 })}`;
  })}`;
};

/** A tick a restart; where they lie closer than a pixel, one stands for several and is the darker. */
const drawRestarts = (panel: Panel, restartsMs: readonly number[]): Html => {
  const counts = new Map<number, number>();
  for (const ms of restartsMs.filter(isInstant)) {
    const x = Math.round(panel.x(ms));
    if (x >= panel.left && x <= panel.right) counts.set(x, (counts.get(x) ?? 0) + 1);
  }
  const ticks = [...counts].sort(([a], [b]) => a - b);
  return html`${ticks.map(
    ([x, count]) =>
      html`<rect x="${x}" y="${rugTop}" width="1.5" height="9" fill="${panel.theme.ink}" fill-opacity="${count === 1 ? 0.6 : 1}"><title>${plural(count, 'restart')}</title></rect>`,
  )}`;
};

/** Names at the lines' ends, pushed apart where they would touch. */
const drawEnds = (
  panel: Panel,
  ends: readonly { readonly name: string; readonly point: Point | undefined; readonly color: string }[],
): Html => {
  const known = ends.flatMap(({ name, point, color }) =>
    point === undefined ? [] : [{ name, color, bytes: point.mean, x: panel.x(point.atMs), y: panel.y(point.mean) }],
  );
  const [first, second] = known.sort((a, b) => a.y - b.y);
  const apart = 26;
  const shift = first === undefined || second === undefined ? 0 : Math.max(0, apart - (second.y - first.y)) / 2;
  const upper = first === undefined ? 0 : Math.max(plotTop + 4, first.y - shift);
  const label = (end: (typeof known)[number], y: number): Html =>
    html`${text(panel.theme, panel.right + 8, y, formatIn(panel.frame.unit, end.bytes), { bold: true, color: end.color })}${text(panel.theme, panel.right + 8, y + 12, end.name, { size: 11 })}`;
  return html`${first === undefined ? undefined : label(first, upper)}${second === undefined ? undefined : label(second, Math.max(second.y + shift, upper + apart))}`;
};

/** @returns the panel of one arm, without its name: that stands above it */
export const renderTimelinePanel = (
  picture: ExperimentPicture,
  arm: ReportArm,
  frame: TimeFrame,
  layout: Layout,
  theme: Theme,
): Chart => {
  const [left, right] = [44, layout.width - 84];
  const scaleX = scaleUtc().domain([frame.fromMs, frame.toMs]).range([left, right]);
  const scaleY = scaleLinear()
    .domain([0, frame.highestBytes])
    .range([plotTop + plotHeight, plotTop]);
  const panel: Panel = { layout, theme, frame, left, right, x: (ms) => scaleX(ms), y: (bytes) => scaleY(bytes) };
  const isControl = arm.id === picture.report.control;
  const timeline = picture.timelines.find((one) => one.arm === arm.id);
  const points = pointsOf(timeline);
  const control = isControl ? [] : pointsOf(picture.timelines.find((one) => one.arm === picture.report.control));
  const drawn = (all: readonly Point[]) => thinPoints(all, right - left);
  const color = isControl ? theme.control : theme.arm;
  const empty =
    points.length === 0
      ? text(theme, (left + right) / 2, plotTop + plotHeight / 2, 'no measurements', { anchor: 'middle' })
      : undefined;
  const restarts = timeline?.restartsMs ?? [];
  const body = html`${drawOutside(panel, arm.window ?? figuresOf(arm).versusControl?.window ?? picture.report.window)}${drawAxes(panel)}${renderMeanLine(panel, drawn(control), theme.control, 1.25)}${renderBand(panel, drawn(points), color)}${renderMeanLine(panel, drawn(points), color, 2)}${empty}${drawRestarts(panel, restarts)}${drawEnds(
    panel,
    [
      { name: isControl ? 'control' : 'this arm', point: points.at(-1), color: isControl ? theme.soft : color },
      { name: 'control', point: control.at(-1), color: theme.soft },
    ],
  )}`;
  const span = `${formatDay(frame.fromMs)} to ${formatDay(frame.toMs)}`;
  return {
    width: layout.width,
    height,
    label: `mean memory of ${armTitle(arm)} from ${span}, ${formatIn(frame.unit, points[0]?.mean)} at first, ${formatIn(frame.unit, points.at(-1)?.mean)} at last, ${plural(restarts.length, 'restart')}`,
    body,
  };
};
