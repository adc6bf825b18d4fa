// The frame that all panels of a timeline share, and a timeline as points.
import type { ArmTimeline, ExperimentPicture } from '../experiment-report.ts';
import { type ByteUnit, byteUnitFor, isInstant, isKnown } from '../figures.ts';

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

/** One bin of a timeline; `low` and `high` are NaN where it has no interval. */
export interface Point {
  readonly atMs: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What can be drawn of a timeline: bins without a mean are left out. */
export const pointsOf = (timeline: ArmTimeline | undefined): readonly Point[] =>
  timeline === undefined
    ? []
    : timeline.atMs.flatMap((atMs, index) => {
        const mean = timeline.meanBytes[index];
        if (!isInstant(atMs) || !isKnown(mean)) return [];
        return [
          { atMs, mean, low: timeline.lowBytes[index] ?? Number.NaN, high: timeline.highBytes[index] ?? Number.NaN },
        ];
      });

/** Longer than this many usual steps, and nobody knows what was in between. */
const gapSteps = 3;

/** Cuts points where nothing was measured for long. */
export const runsOf = (points: readonly Point[]): readonly (readonly Point[])[] => {
  const steps = points.slice(1).map((point, index) => point.atMs - (points[index]?.atMs ?? point.atMs));
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const runs: Point[][] = [];
  for (const [index, point] of points.entries()) {
    const last = runs.at(-1);
    if (last === undefined || (steps[index - 1] ?? 0) > gapSteps * usual) runs.push([point]);
    else last.push(point);
  }
  return runs;
};

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Means of neighbours, so that no more than `most` points are left: finer than a pixel is not seen. */
export const thinPoints = (points: readonly Point[], most: number): readonly Point[] => {
  const size = Math.ceil(points.length / Math.max(1, most));
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const group = points.slice(index * size, (index + 1) * size);
    return {
      atMs: average(group.map(({ atMs }) => atMs)),
      mean: average(group.map(({ mean }) => mean)),
      low: average(group.map(({ low }) => low)),
      high: average(group.map(({ high }) => high)),
    };
  });
};
