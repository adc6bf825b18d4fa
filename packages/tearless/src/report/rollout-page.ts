// The report of a change under traffic as one HTML file.
import { formatBytes, formatChange, formatDuration, formatInstant, formatTime } from './format.ts';
import { type Html, html } from './html.ts';
import { renderPage, renderTile } from './page.ts';
import type { Rollout } from './rollout.ts';
import { allocatorColor, renderRolloutTimeline } from './rollout-timeline.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const renderTiles = (rollout: Rollout): Html => {
  const failed = rollout.requests.filter(({ outcome }) => outcome === 'failed').length;
  const back = sum(rollout.relays.map(({ memoryBackBytes }) => memoryBackBytes));
  const after = sum(rollout.relays.map(({ memoryAfterBytes }) => memoryAfterBytes));
  return html`<div class="tiles">${[
    renderTile(rollout.relays.length, 'relays changed'),
    renderTile(rollout.restarts.length, 'restarts'),
    renderTile(rollout.requests.length, 'requests through Tor meanwhile'),
    renderTile(failed, 'of them failed', failed === 0 ? 'good' : 'bad'),
    renderTile(
      formatBytes(after),
      `memory of the changed fleet; ${formatBytes(back)} as young on the former allocators (${formatChange(back, after)})`,
    ),
    renderTile(`${rollout.streams.cut} of ${rollout.streams.opened}`, 'long downloads cut by a planned restart'),
  ]}</div>`;
};

const renderKey = (rollout: Rollout): Html => {
  const allocators = [...new Set(rollout.relays.flatMap(({ states }) => states.map(({ allocator }) => allocator)))];
  const entry = (color: string, text: string) => html`<span><i style="background: ${color}"></i>${text}</span>`;
  return html`<div class="key">${allocators.map((name) => entry(allocatorColor(name), name))}${entry('var(--ink)', 'restart')}${entry('var(--good)', 'request answered')}${entry('var(--warn)', 'answered after another try')}${entry('var(--bad)', 'request failed')}</div>`;
};

const renderRestarts = (rollout: Rollout): Html =>
  html`<div class="wide"><table><thead><tr><th>relay</th><th>at (UTC)</th><th>why</th><th class="number">down</th><th class="number">gates passed after</th><th class="number">requests meanwhile</th><th class="number">failed</th><th class="number">downloads cut</th></tr></thead><tbody>${rollout.restarts.map(
    (restart) =>
      html`<tr><td>${restart.relay}</td><td>${formatTime(restart.fromMs)}</td><td>${restart.why}</td><td class="number">${formatDuration(restart.toMs - restart.fromMs)}</td><td class="number">${restart.gatesPassedAfterMs === undefined ? 'did not pass' : formatDuration(restart.gatesPassedAfterMs)}</td><td class="number">${restart.requestsDuring}</td><td class="number">${restart.requestsFailed}</td><td class="number">${restart.streamsCut}</td></tr>`,
  )}</tbody></table></div>`;

const renderMemory = (rollout: Rollout): Html =>
  html`<div class="wide"><table><thead><tr><th>relay</th><th>allocator</th><th class="number">before</th><th class="number">after</th><th class="number">back again</th><th class="number">after, against back again</th></tr></thead><tbody>${rollout.relays.map(
    (relay) =>
      html`<tr><td>${relay.id}</td><td>${[...new Set(relay.states.map(({ allocator }) => allocator))].join(' → ')}</td><td class="number">${formatBytes(relay.memoryBeforeBytes)}</td><td class="number">${formatBytes(relay.memoryAfterBytes)}</td><td class="number">${formatBytes(relay.memoryBackBytes)}</td><td class="number">${formatChange(relay.memoryBackBytes, relay.memoryAfterBytes)}</td></tr>`,
  )}</tbody></table></div>`;

/** @returns a whole, self-contained HTML document */
export const renderRolloutPage = (rollout: Rollout): string =>
  renderPage(
    rollout.title,
    html`<h1>${rollout.title}</h1>
<p class="soft">${formatInstant(rollout.span.fromMs)}, ${formatDuration(rollout.span.toMs - rollout.span.fromMs)}</p>
<p>${rollout.lead}</p>
${renderTiles(rollout)}
<h2>What happened</h2>
<p class="soft">Above, each relay by the allocator that its process had loaded; below, every request through the fleet with the time until its answer.</p>
${renderKey(rollout)}
<div class="wide">${renderRolloutTimeline(rollout)}</div>
<h2>What was proved</h2>
<ul>${rollout.proofs.map(({ holds, text }) => html`<li><b class="${holds ? 'good' : 'bad'}">${holds ? 'yes' : 'no'}</b> ${text}</li>`)}</ul>
<h2>What each restart cost</h2>
${renderRestarts(rollout)}
<h2>Memory</h2>
<p class="soft">Proportional set size as the kernel reports it, in the calm before the change, once all gates had passed, and after the way back. The last two are of processes equally young and compare; a verdict for the long run takes an experiment.</p>
${renderMemory(rollout)}`,
  );
