// What the pictures of a demo share: time from left to right in shaded phases, and below the rows of a picture everything that was
// asked, by the time until its answer.
import { scaleLinear, scaleLog, scaleUtc } from 'd3-scale';
import { formatDuration, formatTime } from './format.ts';
import { type Html, html } from './html.ts';
import type { Span } from './span.ts';

const width = 1000;
const right = 16;
const plotHeight = 170;
const gap = 24;
const ticksHeight = 26;

/** Where the rows begin, and what stands left of them. */
export const timelineLeft = 110;
export const timelineTop = 26;

export interface Asked {
  readonly atMs: number;
  readonly tookMs: number;
  readonly outcome: 'ok' | 'retried' | 'failed';
  /** Drawn with a ring. */
  readonly isMarked?: boolean;
}

export interface Timeline {
  readonly label: string;
  readonly span: Span;
  readonly phases: readonly (Span & { readonly name: string })[];
  readonly asked: readonly Asked[];
  /** The shortest time that its scale shows, where nothing was shorter. */
  readonly shortestMs: number;
  readonly rowsHeight: number;
  /** Draws the rows, and what lies over rows and plot alike. @param bottom where the plot ends */
  readonly rows: (x: (ms: number) => number, bottom: number) => Html;
}

const dots = { ok: ['var(--good)', 2, 0.55], retried: ['var(--warn)', 3, 0.9], failed: ['var(--bad)', 5, 1] } as const;

const renderAsked = ({ asked, shortestMs }: Timeline, x: (ms: number) => number, top: number): Html => {
  const times = asked.map(({ tookMs }) => Math.max(1, tookMs));
  const y = scaleLog()
    .domain([Math.min(shortestMs, ...times), Math.max(1000, ...times)])
    .range([top + plotHeight, top])
    .nice();
  const ticks = y.ticks(5).filter((tick) => Number.isInteger(Math.log10(tick)));
  return html`<g>${ticks.map(
    (tick) =>
      html`<line x1="${timelineLeft}" x2="${width - right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="var(--line)"/><text x="${timelineLeft - 10}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${formatDuration(tick)}</text>`,
  )}${asked.map(({ atMs, tookMs, outcome, isMarked }) => {
    const [fill, radius, opacity] = dots[outcome];
    const ring = isMarked === true ? html` stroke="var(--ink)" stroke-width="1"` : '';
    return html`<circle cx="${x(atMs).toFixed(1)}" cy="${y(Math.max(1, tookMs)).toFixed(1)}" r="${radius}" fill="${fill}" opacity="${opacity}"${ring}/>`;
  })}</g>`;
};

/** About what a letter takes; a name that would run into its neighbour's is told by the pointer alone. */
const letterWidth = 7;

const renderPhase = (name: string, left: number, phaseWidth: number, height: number, opacity: number): Html =>
  html`<rect x="${left.toFixed(1)}" y="0" width="${phaseWidth.toFixed(1)}" height="${height}" fill="var(--soft)" opacity="${opacity}"><title>${name}</title></rect>${
    name.length * letterWidth + 5 > phaseWidth ? '' : html`<text x="${(left + 5).toFixed(1)}" y="15">${name}</text>`
  }`;

/** @returns an inline SVG that takes its colours from the page */
export const renderTimeline = (timeline: Timeline): Html => {
  const { label, span, phases, rowsHeight, rows } = timeline;
  const scale = scaleUtc()
    .domain([span.fromMs, span.toMs])
    .range([timelineLeft, width - right])
    // What began before the picture begins at its edge.
    .clamp(true);
  const x = (ms: number): number => scale(ms);
  const plotTop = timelineTop + rowsHeight + gap;
  const bottom = plotTop + plotHeight;
  const shade = scaleLinear().domain([0, 1]).range([0.05, 0.1]);
  return html`<svg viewBox="0 0 ${width} ${bottom + ticksHeight}" role="img" aria-label="${label}">${phases.map(
    ({ name, fromMs, toMs }, index) =>
      renderPhase(name, x(fromMs), Math.max(0, x(toMs) - x(fromMs)), bottom, shade(index % 2)),
  )}${rows(x, bottom)}${renderAsked(timeline, x, plotTop)}${scale
    .ticks(8)
    .map(
      (tick) =>
        html`<text x="${x(tick.getTime()).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${formatTime(tick.getTime())}</text>`,
    )}</svg>`;
};
