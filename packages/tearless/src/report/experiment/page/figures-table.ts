// The figures of every arm, as assigned and clean side by side.
import { type Html, html } from '../../html.ts';
import { armRole, armTitle, arrangeArms } from '../arms.ts';
import { figureUnit, growthFigure, memoryFigure } from '../chart/dot-strip.ts';
import type { ArmEstimate, ArmFigures, ExperimentPicture, ReportArm } from '../experiment-report.ts';
import {
  type ByteUnit,
  byteUnitFor,
  formatCount,
  formatIn,
  formatIntervalIn,
  formatP,
  formatRatio,
  formatRatioInterval,
  isKnown,
  plural,
} from '../figures.ts';

interface Units {
  readonly memory: ByteUnit;
  readonly growth: ByteUnit;
  readonly difference: ByteUnit;
}

/** A figure with what is known about its error below it. */
const cell = (value: string, notes: readonly (string | undefined)[], edge = ''): Html =>
  html`<td class="number ${edge}">${value}${notes.map((note) => (note === undefined ? undefined : html`<small>${note}</small>`))}</td>`;

const notesOf = (unit: ByteUnit, estimate: ArmEstimate | null): readonly (string | undefined)[] => {
  if (estimate === null) return [];
  const { values, bootstrapT } = estimate;
  const known = values?.filter(isKnown) ?? [];
  return [
    formatIntervalIn(unit, estimate),
    known.length === 0 ? undefined : `each: ${known.map((value) => formatIn(unit, value)).join(', ')}`,
    ...(bootstrapT === undefined
      ? []
      : bootstrapT === null
        ? ['no bootstrap-t:', 'below zero']
        : ['bootstrap-t', formatIntervalIn(unit, { mean: estimate.mean, ...bootstrapT })]),
  ];
};

const renderSet = (units: Units, figures: ArmFigures, isControl: boolean): Html => {
  const { rssBytes, slopeBytesPerDay, versusControl } = figures;
  const versus = isControl
    ? html`<td class="number soft" colspan="2">control</td>`
    : html`${cell(formatRatio(versusControl?.ratio?.mean), [formatRatioInterval(versusControl?.ratio ?? null), formatP(versusControl?.adjustedP)])}${cell(formatIn(units.difference, versusControl?.difference.mean, true), versusControl === null ? [] : notesOf(units.difference, versusControl.difference))}`;
  return html`${cell(formatCount(figures.relays), [figures.restarts > 0 ? plural(figures.restarts, 'restart') : undefined], 'edge')}${cell(formatIn(units.memory, rssBytes?.mean), notesOf(units.memory, rssBytes))}${versus}${cell(formatIn(units.growth, slopeBytesPerDay?.mean, true), notesOf(units.growth, slopeBytesPerDay))}`;
};

const setHeads = html`<th class="number edge">relays</th><th class="number">memory</th><th class="number">to control</th><th class="number">difference</th><th class="number">growth a day</th>`;

const renderArm = (picture: ExperimentPicture, units: Units, arm: ReportArm): Html => {
  const isControl = arm.id === picture.report.control;
  const same = JSON.stringify(arm.asAssigned) === JSON.stringify(arm.clean);
  const clean = same
    ? html`<td class="edge soft same" colspan="5">the same: no relay left out</td>`
    : renderSet(units, arm.clean, isControl);
  return html`<tr><td>${armTitle(arm)}<br><span class="soft">${armRole(arm, picture.report)}</span></td>${renderSet(units, arm.asAssigned, isControl)}${clean}</tr>`;
};

/** @returns a table that scrolls sideways where the page is narrower than it */
export const renderFiguresTable = (picture: ExperimentPicture): Html => {
  const arms = arrangeArms(picture.report);
  const differences = arms
    .flatMap((arm) => [arm.asAssigned, arm.clean])
    .map(({ versusControl }) => versusControl?.difference.mean);
  const units: Units = {
    memory: figureUnit(picture, memoryFigure),
    growth: figureUnit(picture, growthFigure),
    difference: byteUnitFor(differences),
  };
  return html`<div class="wide" tabindex="0" role="region" aria-label="figures of every arm"><table class="sets"><thead><tr><th></th><th class="edge" colspan="5">as assigned</th><th class="edge" colspan="5">${picture.report.exploratory === undefined ? 'clean' : 'clean, exploratory'}</th></tr><tr><th>arm</th>${setHeads}${setHeads}</tr></thead><tbody>${arms.map((arm) => renderArm(picture, units, arm))}</tbody></table></div>`;
};
