// The picture of a balanced service: a row a worker with its states and a mark for each visit that it answered, below it
// every visit with the time until its answer.
import { scaleLinear, scaleLog, scaleUtc } from 'd3-scale';
import type { Balancing, BalancingWorker } from './balancing.ts';
import { formatDuration, formatTime } from './format.ts';
import { type Html, html } from './html.ts';

const width = 1000;
const left = 110;
const right = 16;
const rowHeight = 26;
const phaseHeight = 26;
const plotHeight = 170;

const colors: Readonly<Record<string, string>> = {
  in: 'var(--b)',
  draining: 'var(--c)',
  held: 'var(--d)',
  out: 'var(--bad)',
};

export const workerColor = (state: string): string => colors[state] ?? 'var(--a)';

const renderWorker = (worker: BalancingWorker, { visits }: Balancing, x: (ms: number) => number, top: number): Html =>
  html`<g><text x="${left - 10}" y="${top + 16}" text-anchor="end">${worker.id}</text>${worker.states.map(
    ({ fromMs, toMs, state }) =>
      html`<rect x="${x(fromMs).toFixed(1)}" y="${top + 4}" width="${Math.max(1, x(toMs) - x(fromMs)).toFixed(1)}" height="17" rx="3" fill="${workerColor(state)}" opacity="0.45"><title>${worker.id} is ${state} from ${formatTime(fromMs)} to ${formatTime(toMs)}</title></rect>`,
  )}${visits
    .filter((visit) => visit.worker === worker.id)
    .map(
      ({ atMs, tookMs }) =>
        html`<rect x="${(x(atMs + tookMs) - 0.6).toFixed(1)}" y="${top + 8}" width="1.2" height="9" fill="var(--ink)" opacity="0.6"/>`,
    )}</g>`;

const renderVisits = ({ visits }: Balancing, x: (ms: number) => number, top: number): Html => {
  const times = visits.map(({ tookMs }) => Math.max(1, tookMs));
  const y = scaleLog()
    .domain([Math.min(100, ...times), Math.max(1000, ...times)])
    .range([top + plotHeight, top])
    .nice();
  const ticks = y.ticks(5).filter((tick) => Number.isInteger(Math.log10(tick)));
  const dot = { ok: ['var(--good)', 2, 0.55], retried: ['var(--warn)', 3, 0.9], failed: ['var(--bad)', 5, 1] } as const;
  return html`<g>${ticks.map(
    (tick) =>
      html`<line x1="${left}" x2="${width - right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="var(--line)"/><text x="${left - 10}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${formatDuration(tick)}</text>`,
  )}${visits.map(({ atMs, tookMs, outcome, isFresh }) => {
    const [fill, radius, opacity] = dot[outcome];
    const ring = isFresh ? html` stroke="var(--ink)" stroke-width="1"` : '';
    return html`<circle cx="${x(atMs).toFixed(1)}" cy="${y(Math.max(1, tookMs)).toFixed(1)}" r="${radius}" fill="${fill}" opacity="${opacity}"${ring}/>`;
  })}</g>`;
};

/** @returns an inline SVG that takes its colours from the page */
export const renderBalancingTimeline = (balancing: Balancing): Html => {
  const { span, workers, phases, changes } = balancing;
  const scale = scaleUtc()
    .domain([span.fromMs, span.toMs])
    .range([left, width - right]);
  const x = (ms: number): number => scale(ms);
  const plotTop = phaseHeight + workers.length * rowHeight + 24;
  const bottom = plotTop + plotHeight;
  const shade = scaleLinear().domain([0, 1]).range([0.05, 0.1]);
  return html`<svg viewBox="0 0 ${width} ${bottom + 26}" role="img" aria-label="workers over time with the visits that each answered, and every visit with the time until its answer">${phases.map(
    (phase, index) =>
      html`<rect x="${x(phase.fromMs).toFixed(1)}" y="0" width="${Math.max(0, x(phase.toMs) - x(phase.fromMs)).toFixed(1)}" height="${bottom}" fill="var(--soft)" opacity="${shade(index % 2)}"/><text x="${(x(phase.fromMs) + 5).toFixed(1)}" y="15">${phase.name}</text>`,
  )}${workers.map((worker, index) => renderWorker(worker, balancing, x, phaseHeight + index * rowHeight))}${changes.map(
    ({ what, atMs, publishedMs }) =>
      html`<rect x="${x(atMs).toFixed(1)}" y="${phaseHeight}" width="${Math.max(1.5, x(publishedMs) - x(atMs)).toFixed(1)}" height="${bottom - phaseHeight}" fill="var(--warn)" opacity="0.25"><title>${what}: at every directory after ${formatDuration(publishedMs - atMs)}</title></rect>`,
  )}${renderVisits(balancing, x, plotTop)}${scale
    .ticks(8)
    .map(
      (tick) =>
        html`<text x="${x(tick.getTime()).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${formatTime(tick.getTime())}</text>`,
    )}</svg>`;
};
