// The report of live updates of one relay under traffic as one HTML file.
import { formatDuration, formatInstant, formatTime } from './format.ts';
import { html } from './html.ts';
import { renderPage, renderTile } from './page.ts';

export interface Carrying {
  readonly title: string;
  readonly span: { readonly fromMs: number; readonly toMs: number };
  readonly changes: readonly {
    readonly what: string;
    readonly atMs: number;
    readonly version: string;
    readonly pauseMs: number;
  }[];
  readonly kept: { readonly streams: number; readonly circuits: number };
  readonly requests: { readonly sent: number; readonly failed: number };
  readonly restart: {
    readonly streamsLost: number;
    readonly circuitsLost: number;
    readonly secondsWithoutService: number;
  };
  readonly proofs: readonly { readonly holds: boolean; readonly text: string }[];
}

/** @returns a whole, self-contained HTML document */
export const renderCarryingPage = ({ title, span, changes, kept, requests, restart, proofs }: Carrying): string =>
  renderPage(
    title,
    html`<h1>${title}</h1>
<p class="soft">${formatInstant(span.fromMs)}, ${formatDuration(span.toMs - span.fromMs)}</p>
<p>A relay that people use takes the code of a newer tor while it runs, twice, and goes back. Beside it stands what an ordinary restart of the same relay costs.</p>
<div class="tiles">${[
      renderTile(changes.length, 'changes of code in one process'),
      renderTile(`${Math.max(0, ...changes.map(({ pauseMs }) => pauseMs))} ms`, 'the longest that it stood still'),
      renderTile(kept.streams, 'streams kept, byte for byte', 'good'),
      renderTile(kept.circuits, 'circuits kept', 'good'),
      renderTile(requests.sent, 'requests through it meanwhile'),
      renderTile(requests.failed, 'of them failed', requests.failed === 0 ? 'good' : 'bad'),
    ]}</div>
<h2>What happened</h2>
<div class="wide"><table><thead><tr><th>at (UTC)</th><th>what</th><th>tor says that it is</th><th class="number">stood still</th></tr></thead><tbody>${changes.map(
      ({ atMs, what, version, pauseMs }) =>
        html`<tr><td>${formatTime(atMs)}</td><td>${what}</td><td>${version}</td><td class="number">${pauseMs} ms</td></tr>`,
    )}</tbody></table></div>
<h2>What was proved</h2>
<ul>${proofs.map(({ holds, text }) => html`<li><b class="${holds ? 'good' : 'bad'}">${holds ? 'yes' : 'no'}</b> ${text}</li>`)}</ul>
<h2>Beside a restart</h2>
<div class="wide"><table><thead><tr><th></th><th class="number">live updates</th><th class="number">restart</th></tr></thead><tbody>
<tr><td>streams cut</td><td class="number">0</td><td class="number">${restart.streamsLost}</td></tr>
<tr><td>circuits lost</td><td class="number">0</td><td class="number">${restart.circuitsLost}</td></tr>
<tr><td>without service</td><td class="number">${Math.max(0, ...changes.map(({ pauseMs }) => pauseMs))} ms</td><td class="number">${formatDuration(restart.secondsWithoutService * 1000)}</td></tr>
</tbody></table></div>
<p class="soft">A live update keeps circuits, streams, links and HSDir. Stable and Guard do not hang on a short restart.</p>`,
  );
