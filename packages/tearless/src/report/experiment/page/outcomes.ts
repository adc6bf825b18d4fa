// What the template of an experiment looks at besides memory: a table for each outcome, with what exactly is counted.
import { type Html, html } from '../../html.ts';
import { armTitle, arrangeArms } from '../arms.ts';
import type { ExperimentReport, OutcomeArm, ReportOutcome } from '../experiment-report.ts';
import {
  formatCount,
  formatP,
  formatRatio,
  formatRatioInterval,
  formatWindow,
  type OutcomeFormat,
  outcomeFormat,
} from '../figures.ts';

const cell = (value: string, note: string | undefined): Html =>
  html`<td class="number">${value}${note === undefined ? undefined : html`<small>${note}</small>`}</td>`;

const renderArm = (title: string, own: OutcomeArm, format: OutcomeFormat, isControl: boolean): Html => {
  const { versusControl: versus } = own;
  const compared = isControl
    ? html`<td class="number soft" colspan="2">control</td>`
    : html`${cell(format.one(versus?.difference?.mean, true), format.interval(versus?.difference ?? null))}${cell(formatRatio(versus?.ratio?.mean), formatRatioInterval(versus?.ratio ?? null))}`;
  return html`<tr><td>${title}</td><td class="number">${formatCount(own.relays)}</td>${cell(format.one(own.mean?.mean), format.interval(own.mean))}${compared}<td class="number">${formatP(versus?.adjustedP) ?? ''}</td><td class="soft">${own.limitation ?? ''}</td></tr>`;
};

const renderOutcome = (report: ExperimentReport, outcome: ReportOutcome): Html => {
  const format = outcomeFormat(outcome);
  const rows = arrangeArms(report).flatMap((arm) => {
    const own = outcome.arms.find((one) => one.arm === arm.id);
    return own === undefined ? [] : [renderArm(armTitle(arm), own, format, arm.id === report.control)];
  });
  return html`<figure><figcaption><b>${outcome.title}</b>, ${outcome.better} is better. ${outcome.definition}</figcaption>
<div class="wide" tabindex="0" role="region" aria-label="${outcome.title}"><table class="sets"><thead><tr><th>arm</th><th class="number">relays</th><th class="number">mean of a relay</th><th class="number">difference</th><th class="number">to control</th><th class="number">adjusted p</th><th></th></tr></thead><tbody>${rows}</tbody></table></div></figure>`;
};

/** Nothing for an experiment of no template. */
export const renderOutcomes = (report: ExperimentReport): Html | undefined => {
  const { outcomes = [] } = report;
  const [first] = outcomes;
  return first === undefined
    ? undefined
    : html`<h2>Outcomes besides memory</h2>
<p class="soft">As assigned: every relay of an arm that was measured, ${formatWindow(first.window)}, from the start of the experiment on. Means with 95 % intervals; p values are adjusted over arms and outcomes.</p>
${outcomes.map((outcome) => renderOutcome(report, outcome))}`;
};
