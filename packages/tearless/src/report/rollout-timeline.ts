// The picture of a change under traffic: a row a relay coloured by allocator with its restarts, below it every request.
import { formatDuration, formatTime } from './format.ts';
import { type Html, html } from './html.ts';
import type { Rollout } from './rollout.ts';
import { renderTimeline, timelineLeft, timelineTop } from './timeline.ts';

const rowHeight = 22;

const colors: Readonly<Record<string, string>> = { glibc: 'var(--a)', mimalloc: 'var(--b)', jemalloc: 'var(--c)' };

export const allocatorColor = (allocator: string): string => colors[allocator] ?? 'var(--d)';

const renderRelay = (relay: Rollout['relays'][number], x: (ms: number) => number, top: number): Html =>
  html`<g><text x="${timelineLeft - 10}" y="${top + 15}" text-anchor="end">${relay.id}</text>${relay.states.map(
    (state) =>
      html`<rect x="${x(state.fromMs).toFixed(1)}" y="${top + 5}" width="${Math.max(0, x(state.toMs) - x(state.fromMs)).toFixed(1)}" height="12" rx="3" fill="${allocatorColor(state.allocator)}" opacity="0.75"><title>${relay.id}: ${state.allocator} from ${formatTime(state.fromMs)} to ${formatTime(state.toMs)}</title></rect>`,
  )}${relay.restarts.map(
    (restart) =>
      html`<rect x="${(x(restart.fromMs) - 1).toFixed(1)}" y="${top + 1}" width="${Math.max(3, x(restart.toMs) - x(restart.fromMs)).toFixed(1)}" height="20" rx="1" fill="var(--ink)"><title>${relay.id} restarts at ${formatTime(restart.fromMs)}, ${formatDuration(restart.toMs - restart.fromMs)}</title></rect>`,
  )}</g>`;

/** @returns an inline SVG that takes its colours from the page */
export const renderRolloutTimeline = ({ span, phases, relays, requests }: Rollout): Html =>
  renderTimeline({
    label: 'relays by allocator over time, and every request with its latency',
    span,
    phases,
    asked: requests.map(({ atMs, latencyMs, outcome }) => ({ atMs, tookMs: latencyMs, outcome })),
    shortestMs: 10,
    rowsHeight: relays.length * rowHeight,
    rows: (x) => html`${relays.map((relay, index) => renderRelay(relay, x, timelineTop + index * rowHeight))}`,
  });
