// One arm over time: its mean with the interval, the control beneath it, ticks where relays restarted, and what lies outside
// the window that the figures are of. All arms share both axes, so that panels compare.
import { scaleLinear, scaleUtc } from 'd3-scale';
import { area, line as pathOfLine } from 'd3-shape';
import { type Html, html } from '../../html.ts';
import { armTitle, figuresOf } from '../arms.ts';
import type { ArmTimeline, ExperimentPicture, ReportArm, ReportWindow } from '../experiment-report.ts';
import { type ByteUnit, byteUnitFor, formatDay, formatIn, isInstant, isKnown, plural, windowMs } from '../figures.ts';
import { at, type Chart, type Layout, line, text, textWidth } from './canvas.ts';
import type { Theme } from './theme.ts';

const plotTop = 10;
const plotHeight = 118;
const rugTop = plotTop + plotHeight + 5;
const height = rugTop + 34;

/** From when to when, and up to how much memory: the same for all panels. */
export interface TimeFrame {
  readonly fromMs: number;
  readonly toMs: number;
  readonly highestBytes: number;
  readonly unit: ByteUnit;
}

export const frameOf = (picture: ExperimentPicture): TimeFrame => {
  const instants = [
    ...picture.timelines.flatMap(({ atMs }) => [atMs[0], atMs.at(-1)]),
    picture.data.fromMs,
    picture.data.toMs,
  ]
    .filter(isKnown)
    .filter(isInstant);
  const bytes = picture.timelines.flatMap(({ meanBytes, highBytes }) => [...meanBytes, ...highBytes]).filter(isKnown);
  const highestBytes = bytes.reduce((a, b) => Math.max(a, b), 1);
  const fromMs = instants.reduce((a, b) => Math.min(a, b), instants[0] ?? 0);
  const toMs = instants.reduce((a, b) => Math.max(a, b), fromMs + 1);
  return { fromMs, toMs, highestBytes, unit: byteUnitFor([highestBytes]) };
};

interface Point {
  readonly atMs: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const pointsOf = (timeline: ArmTimeline | undefined): readonly Point[] =>
  timeline === undefined
    ? []
    : timeline.atMs.flatMap((atMs, index) => {
        const mean = timeline.meanBytes[index];
        if (!isInstant(atMs) || !isKnown(mean)) return [];
        return [
          { atMs, mean, low: timeline.lowBytes[index] ?? Number.NaN, high: timeline.highBytes[index] ?? Number.NaN },
        ];
      });

const coordinates = (path: string | null): string =>
  (path ?? '').replace(/-?\d+\.\d+(e-?\d+)?/g, (number) => at(Number(number)));

interface Panel {
  readonly layout: Layout;
  readonly theme: Theme;
  readonly frame: TimeFrame;
  readonly left: number;
  readonly right: number;
  readonly x: (ms: number) => number;
  readonly y: (bytes: number) => number;
}

/** Few points are shown one by one, so that nobody takes the line between them for measurements. */
const fewPoints = 80;

const drawMean = (panel: Panel, points: readonly Point[], color: string, width: number): Html => {
  const path = pathOfLine<Point>()
    .x(({ atMs }) => panel.x(atMs))
    .y(({ mean }) => panel.y(mean));
  const dots = points.length > fewPoints ? [] : points;
  return html`<path d="${coordinates(path(points))}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"/>${dots.map(
    (point) =>
      html`<circle cx="${at(panel.x(point.atMs))}" cy="${at(panel.y(point.mean))}" r="${width}" fill="${color}"/>`,
  )}`;
};

const drawBand = (panel: Panel, points: readonly Point[]): Html => {
  const band = area<Point>()
    .defined(({ low, high }) => isKnown(low) && isKnown(high))
    .x(({ atMs }) => panel.x(atMs))
    .y0(({ low }) => panel.y(low))
    .y1(({ high }) => panel.y(high));
  return html`<path d="${coordinates(band(points))}" fill="${panel.theme.arm}" fill-opacity="0.22"/>`;
};

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
  const color = isControl ? theme.control : theme.arm;
  const empty =
    points.length === 0
      ? text(theme, (left + right) / 2, plotTop + plotHeight / 2, 'no measurements', { anchor: 'middle' })
      : undefined;
  const restarts = timeline?.restartsMs ?? [];
  const body = html`${drawOutside(panel, figuresOf(arm).versusControl?.window ?? picture.report.window)}${drawAxes(panel)}${drawMean(panel, control, theme.control, 1.25)}${drawBand({ ...panel, theme: { ...theme, arm: color } }, points)}${drawMean(panel, points, color, 2)}${empty}${drawRestarts(panel, restarts)}${drawEnds(
    panel,
    [
      { name: isControl ? 'control' : 'this arm', point: points.at(-1), color },
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
