// The picture of a balanced service: a row a worker with its states and a mark for each visit that it answered, below it
// every visit with the time until its answer.
import type { Balancing, BalancingWorker } from './balancing.ts';
import { formatDuration, formatTime } from './format.ts';
import { type Html, html } from './html.ts';
import { renderTimeline, timelineLeft, timelineTop } from './timeline.ts';

const rowHeight = 26;

const colors: Readonly<Record<string, string>> = {
  in: 'var(--b)',
  draining: 'var(--c)',
  held: 'var(--d)',
  out: 'var(--bad)',
};

export const workerColor = (state: string): string => colors[state] ?? 'var(--a)';

const renderWorker = (worker: BalancingWorker, { visits }: Balancing, x: (ms: number) => number, top: number): Html =>
  html`<g><text x="${timelineLeft - 10}" y="${top + 16}" text-anchor="end">${worker.id}</text>${worker.states.map(
    ({ fromMs, toMs, state }) =>
      html`<rect x="${x(fromMs).toFixed(1)}" y="${top + 4}" width="${Math.max(1, x(toMs) - x(fromMs)).toFixed(1)}" height="17" rx="3" fill="${workerColor(state)}" opacity="0.45"><title>${worker.id} is ${state} from ${formatTime(fromMs)} to ${formatTime(toMs)}</title></rect>`,
  )}${visits
    .filter((visit) => visit.worker === worker.id)
    .map(
      ({ atMs, tookMs }) =>
        html`<rect x="${(x(atMs + tookMs) - 0.6).toFixed(1)}" y="${top + 8}" width="1.2" height="9" fill="var(--ink)" opacity="0.6"/>`,
    )}</g>`;

/** @returns an inline SVG that takes its colours from the page */
export const renderBalancingTimeline = (balancing: Balancing): Html => {
  const { span, workers, phases, changes, visits } = balancing;
  return renderTimeline({
    label: 'workers over time with the visits that each answered, and every visit with the time until its answer',
    span,
    phases,
    asked: visits.map(({ atMs, tookMs, outcome, isFresh }) => ({ atMs, tookMs, outcome, isMarked: isFresh })),
    shortestMs: 100,
    rowsHeight: workers.length * rowHeight,
    rows: (x, bottom) =>
      html`${workers.map((worker, index) => renderWorker(worker, balancing, x, timelineTop + index * rowHeight))}${changes.map(
        ({ what, atMs, publishedMs }) =>
          html`<rect x="${x(atMs).toFixed(1)}" y="${timelineTop}" width="${Math.max(1.5, x(publishedMs) - x(atMs)).toFixed(1)}" height="${bottom - timelineTop}" fill="var(--warn)" opacity="0.25"><title>${what}: at every directory after ${formatDuration(publishedMs - atMs)}</title></rect>`,
      )}`,
  });
};
