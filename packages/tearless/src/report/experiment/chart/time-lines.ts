// A timeline as marks: the line of its means and the band of its intervals, with nothing but a dashed thread where nothing was measured.
import { area, line as pathOfLine } from 'd3-shape';
import { type Html, html } from '../../html.ts';
import { isKnown } from '../figures.ts';
import { at, line } from './canvas.ts';
import { type Point, runsOf } from './time-frame.ts';

export interface TimeScales {
  readonly x: (ms: number) => number;
  readonly y: (bytes: number) => number;
}

const coordinates = (path: string | null): string =>
  (path ?? '').replace(/-?\d+\.\d+(e-?\d+)?/g, (number) => at(Number(number)));

/** Few points are shown one by one, so that nobody takes the line between them for measurements. */
const fewPoints = 80;

/** Across a gap: two ends are known, and nothing in between. */
const renderGaps = (
  scales: TimeScales,
  runs: readonly (readonly Point[])[],
  color: string,
): readonly (Html | undefined)[] =>
  runs.slice(1).map((run, index) => {
    const [from, to] = [runs[index]?.at(-1), run[0]];
    return from === undefined || to === undefined
      ? undefined
      : line(
          scales.x(from.atMs),
          scales.y(from.mean),
          scales.x(to.atMs),
          scales.y(to.mean),
          color,
          html`stroke-dasharray="2 4" stroke-opacity="0.7"`,
        );
  });

export const renderMeanLine = (scales: TimeScales, points: readonly Point[], color: string, width: number): Html => {
  const path = pathOfLine<Point>()
    .x(({ atMs }) => scales.x(atMs))
    .y(({ mean }) => scales.y(mean));
  const runs = runsOf(points);
  const dots = runs.flatMap((run) => (run.length === 1 || points.length <= fewPoints ? run : []));
  return html`${renderGaps(scales, runs, color)}<path d="${runs.map((run) => coordinates(path(run))).join('')}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"/>${dots.map(
    (point) =>
      html`<circle cx="${at(scales.x(point.atMs))}" cy="${at(scales.y(point.mean))}" r="${width}" fill="${color}"/>`,
  )}`;
};

export const renderBand = (scales: TimeScales, points: readonly Point[], color: string): Html => {
  const band = area<Point>()
    .defined(({ low, high }) => isKnown(low) && isKnown(high))
    .x(({ atMs }) => scales.x(atMs))
    .y0(({ low }) => scales.y(low))
    .y1(({ high }) => scales.y(high));
  return html`<path d="${runsOf(points)
    .map((run) => coordinates(band(run)))
    .join('')}" fill="${color}" fill-opacity="0.22"/>`;
};
