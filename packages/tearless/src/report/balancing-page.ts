// The report of a balanced onion service under visitors as one HTML file.
import type { Balancing } from './balancing.ts';
import { renderBalancingTimeline, workerColor } from './balancing-timeline.ts';
import { formatDuration, formatInstant, formatTime } from './format.ts';
import { type Html, html } from './html.ts';
import { renderPage, renderTile } from './page.ts';

const orNone = (ms: number | null): string => (ms === null ? 'none' : formatDuration(ms));

const renderTiles = (balancing: Balancing): Html => {
  const { visits, introductionPoints, distinctDescriptors, changes } = balancing;
  const failed = visits.filter(({ outcome }) => outcome === 'failed').length;
  const slowest = Math.max(0, ...changes.map(({ atMs, publishedMs }) => publishedMs - atMs));
  return html`<div class="tiles">${[
    renderTile(visits.length, 'new connections through Tor'),
    renderTile(failed, 'of them failed', failed === 0 ? 'good' : 'bad'),
    renderTile(introductionPoints, 'introduction points in play'),
    renderTile(distinctDescriptors, 'descriptors that differ, one for each directory that clients read'),
    renderTile(formatDuration(slowest), 'from a change to every directory, at most'),
    renderTile(orNone(balancing.freshP99Ms), '99 of 100 visitors who knew nothing were connected within'),
    renderTile(orNone(balancing.cachedP99Ms), '99 of 100 who had a descriptor were connected within'),
  ]}</div>`;
};

const renderKey = (): Html => {
  const entry = (color: string, text: string) => html`<span><i style="background: ${color}"></i>${text}</span>`;
  return html`<div class="key">${['in', 'draining', 'held', 'out'].map((state) => entry(workerColor(state), state))}${entry('var(--ink)', 'a visit that it answered')}${entry('var(--good)', 'answered (ringed: by a visitor who knew nothing)')}${entry('var(--warn)', 'answered after another try; a change on its way to the directories')}${entry('var(--bad)', 'failed')}</div>`;
};

const renderWorkers = ({ workers }: Balancing): Html =>
  html`<div class="wide"><table><thead><tr><th>worker</th><th>state</th><th class="number">visits</th><th class="number">share</th></tr></thead><tbody>${workers.map(
    ({ id, states, visits, share }) =>
      html`<tr><td>${id}</td><td>${states.map(({ state }) => state).join(' → ')}</td><td class="number">${visits}</td><td class="number">${(share * 100).toFixed(1)} %</td></tr>`,
  )}</tbody></table></div>`;

const renderChanges = ({ changes }: Balancing): Html =>
  html`<div class="wide"><table><thead><tr><th>change</th><th>at (UTC)</th><th class="number">at every directory after</th></tr></thead><tbody>${changes.map(
    ({ what, atMs, publishedMs }) =>
      html`<tr><td>${what}</td><td>${formatTime(atMs)}</td><td class="number">${formatDuration(publishedMs - atMs)}</td></tr>`,
  )}</tbody></table></div>`;

/** @returns a whole, self-contained HTML document */
export const renderBalancingPage = (balancing: Balancing): string =>
  renderPage(
    balancing.title,
    html`<h1>${balancing.title}</h1>
<p class="soft">${formatInstant(balancing.span.fromMs)}, ${formatDuration(balancing.span.toMs - balancing.span.fromMs)}</p>
<p>${balancing.lead}</p>
${renderTiles(balancing)}
<h2>What happened</h2>
<p class="soft">Above, each worker by its state, with a mark for every visit that it answered; below, every visit with the time until its answer.</p>
${renderKey()}
<div class="wide">${renderBalancingTimeline(balancing)}</div>
<h2>What was proved</h2>
<ul>${balancing.proofs.map(({ holds, text }) => html`<li><b class="${holds ? 'good' : 'bad'}">${holds ? 'yes' : 'no'}</b> ${text}</li>`)}</ul>
<h2>What each change took</h2>
${renderChanges(balancing)}
<h2>Who answered</h2>
${renderWorkers(balancing)}`,
  );
