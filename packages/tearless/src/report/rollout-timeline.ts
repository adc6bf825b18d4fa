// The picture of a change under traffic: a row a relay coloured by allocator with its restarts, below it every request.
import { scaleLinear, scaleLog, scaleUtc } from 'd3-scale';
import { formatDuration, formatTime } from './format.ts';
import { type Html, html } from './html.ts';
import type { Rollout } from './rollout.ts';

const width = 1000;
const left = 110;
const right = 16;
const rowHeight = 22;
const phaseHeight = 26;
const plotHeight = 170;

const colors: Readonly<Record<string, string>> = { glibc: 'var(--a)', mimalloc: 'var(--b)', jemalloc: 'var(--c)' };

export const allocatorColor = (allocator: string): string => colors[allocator] ?? 'var(--d)';

const renderRows = (rollout: Rollout, x: (ms: number) => number): Html[] =>
  rollout.relays.map((relay, index) => {
    const top = phaseHeight + index * rowHeight;
    return html`<g><text x="${left - 10}" y="${top + 15}" text-anchor="end">${relay.id}</text>${relay.states.map(
      (state) =>
        html`<rect x="${x(state.fromMs).toFixed(1)}" y="${top + 5}" width="${Math.max(0, x(state.toMs) - x(state.fromMs)).toFixed(1)}" height="12" rx="3" fill="${allocatorColor(state.allocator)}" opacity="0.75"><title>${relay.id}: ${state.allocator} from ${formatTime(state.fromMs)} to ${formatTime(state.toMs)}</title></rect>`,
    )}${relay.restarts.map(
      (restart) =>
        html`<rect x="${(x(restart.fromMs) - 1).toFixed(1)}" y="${top + 1}" width="${Math.max(3, x(restart.toMs) - x(restart.fromMs)).toFixed(1)}" height="20" rx="1" fill="var(--ink)"><title>${relay.id} restarts at ${formatTime(restart.fromMs)}, ${formatDuration(restart.toMs - restart.fromMs)}</title></rect>`,
    )}</g>`;
  });

const renderRequests = (rollout: Rollout, x: (ms: number) => number, top: number): Html => {
  const latencies = rollout.requests.map(({ latencyMs }) => Math.max(1, latencyMs));
  const y = scaleLog()
    .domain([Math.min(10, ...latencies), Math.max(1000, ...latencies)])
    .range([top + plotHeight, top])
    .nice();
  const ticks = y.ticks(5).filter((tick) => Number.isInteger(Math.log10(tick)));
  const dot = { ok: ['var(--good)', 2, 0.55], retried: ['var(--warn)', 3, 0.9], failed: ['var(--bad)', 5, 1] } as const;
  return html`<g>${ticks.map(
    (tick) =>
      html`<line x1="${left}" x2="${width - right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="var(--line)"/><text x="${left - 10}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${formatDuration(tick)}</text>`,
  )}${rollout.requests.map(({ atMs, latencyMs, outcome }) => {
    const [fill, radius, opacity] = dot[outcome];
    return html`<circle cx="${x(atMs).toFixed(1)}" cy="${y(Math.max(1, latencyMs)).toFixed(1)}" r="${radius}" fill="${fill}" opacity="${opacity}"/>`;
  })}</g>`;
};

/** @returns an inline SVG that takes its colours from the page */
export const renderTimeline = (rollout: Rollout): Html => {
  const scale = scaleUtc()
    .domain([rollout.span.fromMs, rollout.span.toMs])
    .range([left, width - right]);
  const x = (ms: number): number => scale(ms);
  const rowsBottom = phaseHeight + rollout.relays.length * rowHeight;
  const plotTop = rowsBottom + 24;
  const bottom = plotTop + plotHeight;
  const phaseShade = scaleLinear().domain([0, 1]).range([0.05, 0.1]);
  return html`<svg viewBox="0 0 ${width} ${bottom + 26}" role="img" aria-label="relays by allocator over time, and every request with its latency">${rollout.phases.map(
    (phase, index) =>
      html`<rect x="${x(phase.fromMs).toFixed(1)}" y="0" width="${Math.max(0, x(phase.toMs) - x(phase.fromMs)).toFixed(1)}" height="${bottom}" fill="var(--soft)" opacity="${phaseShade(index % 2)}"/><text x="${(x(phase.fromMs) + 5).toFixed(1)}" y="15">${phase.name}</text>`,
  )}${renderRows(rollout, x)}${renderRequests(rollout, x, plotTop)}${scale
    .ticks(8)
    .map(
      (tick) =>
        html`<text x="${x(tick.getTime()).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${formatTime(tick.getTime())}</text>`,
    )}</svg>`;
};
