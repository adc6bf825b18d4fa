// The report of an experiment as one HTML file that a relay operator would publish: verdict first, every figure with what speaks
// against it, and how to get the same again. Loads nothing and runs nothing.
import { type Html, html } from '../../html.ts';
import { renderPage, renderTile } from '../../page.ts';
import { armRole, armTitle, arrangeArms, figuresOf, hasTwoSets } from '../arms.ts';
import { type Layout, wide } from '../chart/canvas.ts';
import { figureUnit, growthFigure, memoryFigure, renderDotStrip } from '../chart/dot-strip.ts';
import { hasRatios, renderRatioRows } from '../chart/ratio-rows.ts';
import { pageTheme } from '../chart/theme.ts';
import { frameOf, type TimeFrame } from '../chart/time-frame.ts';
import { renderTimelinePanel } from '../chart/timeline-panel.ts';
import type { ExperimentPicture, ReportArm } from '../experiment-report.ts';
import {
  formatCount,
  formatDay,
  formatIn,
  formatIntervalIn,
  formatMoment,
  formatRatio,
  formatWindow,
  plural,
  windowMs,
} from '../figures.ts';
import { printable } from '../printable.ts';
import { publishable } from '../public/publishable.ts';
import { renderBothSizes } from './chart-figure.ts';
import { renderFiguresTable } from './figures-table.ts';
import { findingsAt, findingsOf, isSerious, renderFindings } from './findings.ts';
import { heldGuardrails, renderBrokenGuardrails } from './guardrails.ts';
import { renderOutcomes } from './outcomes.ts';
import { renderDayTable, renderRelayTable } from './relay-table.ts';
import { experimentStyle } from './style.ts';

/** As wide as a panel is beside its notes. */
const panelLayout: Layout = { name: 'wide', width: 700 };

const renderHead = ({ report, data, hypothesis }: ExperimentPicture, isPublic: boolean): Html =>
  html`<p class="eyebrow">Experiment ${report.experiment}, ${formatDay(data.fromMs)} to ${formatDay(data.toMs)}</p>
<h1>${report.title}</h1>
${hypothesis === undefined ? undefined : html`<p class="soft">Hypothesis: ${hypothesis}</p>`}
${isPublic ? html`<p class="notice">For publication: relays are numbered within their arm by their figure, in this report only; nicknames, fingerprints and names of hosts are left out, instants are shown by day, and of bandwidth, load and processor time there is nothing but how a whole arm compares with control over a day or more. This hides names, not patterns: flags and restarts are public in the archives of the network, and may tell a relay to those who look for it.</p>` : undefined}`;

const wordings: Readonly<Record<string, string>> = {
  association: 'Verdict: an association, since relays were not assigned at random',
  effect: 'Verdict: an effect, since relays were assigned at random',
};

const renderVerdict = ({ report, findings }: ExperimentPicture, arms: readonly string[]): Html => {
  const { sentences, wording } = report.verdict;
  const shown = sentences.length === 0 ? ['No verdict can be given.'] : sentences;
  return html`<section class="verdict" aria-label="Verdict"><p class="eyebrow">${wordings[wording]}</p>${shown.map((sentence) => html`<p>${sentence}</p>`)}${(report.limitations ?? []).map((sentence) => html`<p class="soft">${sentence}</p>`)}</section>
${renderFindings(findingsAt(findings, arms, 'verdict'), 'columns')}`;
};

const renderTiles = ({ report, data, findings }: ExperimentPicture): Html => {
  const assigned = report.arms.reduce((sum, arm) => sum + arm.asAssigned.relays, 0);
  const excluded = new Set(report.arms.flatMap(({ exclusions }) => exclusions.map(({ relay }) => relay))).size;
  const restarts = report.arms.reduce((sum, arm) => sum + arm.asAssigned.restarts, 0);
  const serious = findings.filter(isSerious).length;
  const { fromMs, toMs } = windowMs(report.window);
  const days = (toMs - fromMs) / 86_400_000;
  return html`<div class="tiles">${[
    renderTile(
      formatCount(assigned),
      `relays in ${plural(report.arms.length, 'arm')}; ${formatCount(excluded)} left out of the clean figures`,
    ),
    renderTile(Number.isFinite(days) ? days.toFixed(1) : '–', 'days in the window that the figures are of'),
    renderTile(formatCount(data.samples), `samples of ${plural(data.relays, 'relay')}`),
    renderTile(formatCount(restarts), 'restarts in the window'),
    renderTile(
      formatCount(serious),
      `${serious === 1 ? 'finding' : 'findings'} of the audit to weigh; ${plural(findings.length - serious, 'note')} besides`,
    ),
  ]}</div>`;
};

/** What the panel's figures come to, beside it. */
const renderPanelFigures = (picture: ExperimentPicture, arm: ReportArm): Html => {
  const { rssBytes, slopeBytesPerDay, versusControl } = figuresOf(arm);
  const [memory, growth] = [figureUnit(picture, memoryFigure), figureUnit(picture, growthFigure)];
  const interval = formatIntervalIn(memory, rssBytes);
  const ratio = versusControl?.ratio ?? null;
  return html`<p class="sum"><b>${formatIn(memory, rssBytes?.mean)}</b>${interval === undefined ? undefined : ` (${interval})`}${ratio === null ? undefined : html`, <b>× ${formatRatio(ratio.mean)}</b> of control`}${slopeBytesPerDay === null ? undefined : `, ${formatIn(growth, slopeBytesPerDay.mean, true)} a day`}</p>`;
};

const renderPanel = (picture: ExperimentPicture, arm: ReportArm, frame: TimeFrame): Html => {
  const { report, findings } = picture;
  const found = findingsOf(findings, arm.id);
  const figures = figuresOf(arm);
  const excluded = hasTwoSets(arm) ? `, ${plural(arm.exclusions.length, 'relay')} left out of the clean figures` : '';
  const what = `${armRole(arm, report)}, ${plural(arm.asAssigned.relays, 'relay')}${excluded}, ${figures.restarts === 0 ? 'no restart' : plural(figures.restarts, 'restart')} in the window`;
  const chart = renderBothSizes((layout) => renderTimelinePanel(picture, arm, frame, layout, pageTheme), panelLayout);
  const beside = renderFindings(found.filter(isSerious), 'column');
  const below = renderFindings(
    found.filter((finding) => !isSerious(finding)),
    'columns',
    [...arm.limitations, ...heldGuardrails(arm)],
  );
  return html`<section class="panel"><h3>${armTitle(arm)} <span>${what}</span></h3>${chart}<div class="beside">${renderPanelFigures(picture, arm)}${renderBrokenGuardrails(arm)}${beside}</div><div class="below">${below}</div></section>`;
};

const renderTimelines = (picture: ExperimentPicture, arms: readonly ReportArm[]): Html => {
  const frame = frameOf(picture);
  const { report, findings } = picture;
  return html`<h2>Over time</h2>
<figure><figcaption>Mean resident memory of all relays of an arm, as assigned, in blue with its 95 % interval; the control beneath it in grey; ticks are restarts. The figures at the lines’ ends are the last ones measured, those beside each panel the clean means over the window. Shaded time is not counted, and dashes say that nothing was measured. The window is ${formatWindow(report.window)}. ${report.window.how}</figcaption>
${renderFindings(
  findingsAt(
    findings,
    report.arms.map(({ id }) => id),
    'timeline',
  ),
  'columns',
)}
${arms.map((arm) => renderPanel(picture, arm, frame))}
${renderDayTable(picture, frame)}</figure>`;
};

const renderMemory = (picture: ExperimentPicture, arms: readonly ReportArm[]): Html => {
  const ids = arms.map(({ id }) => id);
  const caption = arms.some(hasTwoSets)
    ? 'Each dot is a relay. Hollow ones are left out of the clean figures, for a cause that does not depend on their memory. The filled diamond is the clean mean with its 95 % interval, the hollow one the mean as assigned.'
    : 'Each dot is a relay; the diamond is the mean of its arm with the 95 % interval.';
  return html`<h2>Memory of every relay</h2>
<figure><figcaption>${caption}</figcaption>
${renderBothSizes((layout) => renderDotStrip(picture, memoryFigure, layout, pageTheme), wide)}
${renderRelayTable(picture)}</figure>
${renderFindings(findingsAt(picture.findings, ids, 'memory'), 'columns')}`;
};

const renderRatios = (picture: ExperimentPicture): Html | undefined =>
  hasRatios(picture)
    ? html`<h2>Against control</h2>
<figure><figcaption>Mean memory of each arm over the control’s. An interval that crosses the dashed line cannot be told apart from control; hollow diamonds are the arms as assigned. The p values are corrected for comparing several arms.</figcaption>
${renderBothSizes((layout) => renderRatioRows(picture, layout, pageTheme), wide)}</figure>`
    : undefined;

const renderGrowth = (picture: ExperimentPicture): Html => html`<h2>Growth of every relay</h2>
<figure><figcaption>How fast the memory of each relay grows within the window; dots and diamonds as above. What grows has not reached its plateau.</figcaption>
${renderBothSizes((layout) => renderDotStrip(picture, growthFigure, layout, pageTheme), wide)}</figure>`;

const renderMethod = ({ method, reproduce, report, data }: ExperimentPicture): Html => html`<h2>Method</h2>
<ul>${method.map((sentence) => html`<li>${sentence}</li>`)}</ul>
<h2>Reproduce it</h2>
<p>With the files below and the seed <code>${report.seed}</code> these commands make the same report.</p>
<pre><code>${reproduce.join('\n')}</code></pre>
<div class="wide"><table><thead><tr><th>file</th><th class="number">rows</th><th>SHA-256</th></tr></thead><tbody>${data.sources.map(
  ({ name, sha256, rows }) =>
    html`<tr><td>${name}</td><td class="number">${formatCount(rows)}</td><td><code>${sha256}</code></td></tr>`,
)}</tbody></table></div>
<p class="soft">${formatCount(data.samples)} samples, ${formatMoment(data.fromMs)} to ${formatMoment(data.toMs)}.</p>`;

/**
 * @param options.public leave out what could harm relays when it is published; see `publishable`
 * @returns a whole, self-contained HTML document
 */
export const renderExperimentPage = (picture: ExperimentPicture, options: { readonly public: boolean }): string => {
  const shown = options.public ? publishable(picture) : picture;
  const arms = arrangeArms(shown.report);
  const charts =
    arms.length === 0
      ? html`<p>The experiment has no arms, so there is nothing to compare.</p>`
      : html`${renderOutcomes(shown.report)}
${renderMemory(shown, arms)}
${renderRatios(shown)}
<h2>Figures</h2>
<p class="soft">Means with 95 % intervals; the unit is the relay. As assigned: every relay of the arm. Clean: without those that a cause independent of the outcome speaks against, by the same rule in every arm. A bootstrap-t interval stands beside the other where the relays’ figures are skewed.${shown.report.exploratory === undefined ? undefined : html` <b>The clean figures are exploratory:</b> ${shown.report.exploratory}`}</p>
${renderFiguresTable(shown)}
${renderTimelines(shown, arms)}
${renderGrowth(shown)}`;
  return printable(
    renderPage(
      shown.report.title,
      html`${renderHead(shown, options.public)}
${renderVerdict(
  shown,
  arms.map(({ id }) => id),
)}
${renderTiles(shown)}
${charts}
${renderMethod(shown)}`,
      experimentStyle,
    ),
  );
};
