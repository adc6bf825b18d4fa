// Every relay as a dot, a strip an arm, with the arm's mean and interval below: memory, or how fast it grows.
import { scaleLinear } from 'd3-scale';
import { html } from '../../html.ts';
import { armRole, armTitle, arrangeArms, figuresOf, hasTwoSets } from '../arms.ts';
import type { ArmEstimate, ArmFigures, ExperimentPicture, RelayDot, ReportArm } from '../experiment-report.ts';
import { type ByteUnit, byteUnitFor, formatIn, formatIntervalIn, isKnown, plural } from '../figures.ts';
import { at, type Chart, type Layout, text, textWidth } from './canvas.ts';
import { renderIntervalMark } from './interval-mark.ts';
import { type Row, renderRows, stripSpan } from './rows.ts';
import { placeSwarm } from './swarm.ts';
import type { Theme } from './theme.ts';

/** One figure of every relay and of every arm. */
export interface DotFigure {
  readonly ofRelay: (dot: RelayDot) => number | null;
  readonly ofArm: (figures: ArmFigures) => ArmEstimate | null;
  readonly axis: string;
  /** After the unit: `` or ` a day`. */
  readonly per: string;
  /** How many digits before the point the largest figure may have more than usual, so that small ones are not all zeros. */
  readonly finer: number;
  readonly label: string;
}

export const memoryFigure: DotFigure = {
  ofRelay: (dot) => dot.meanBytes,
  ofArm: (figures) => figures.rssBytes,
  axis: 'mean resident memory of a relay',
  per: '',
  finer: 0,
  label: 'mean resident memory of every relay, by arm',
};

export const growthFigure: DotFigure = {
  ofRelay: (dot) => dot.slopeBytesPerDay,
  ofArm: (figures) => figures.slopeBytesPerDay,
  axis: 'growth of a relay’s resident memory',
  per: ' a day',
  finer: 1,
  label: 'growth of every relay’s resident memory a day, by arm',
};

const stripHeight = 58;
const middleY = 22;

/** Smaller dots where an arm is large. */
const dotRadius = (picture: ExperimentPicture): number => {
  const sizes = [...Map.groupBy(picture.dots, ({ arm }) => arm).values()].map((dots) => dots.length);
  return Math.max(0, ...sizes) > 40 ? 2 : 3.5;
};

/** The unit of the figure over all relays and arms. */
export const figureUnit = (picture: ExperimentPicture, figure: DotFigure): ByteUnit =>
  byteUnitFor(
    [
      ...picture.dots.map(figure.ofRelay),
      ...picture.report.arms.flatMap((arm) => [figure.ofArm(arm.asAssigned)?.mean, figure.ofArm(arm.clean)?.mean]),
    ].map((value) => (isKnown(value) ? value / 10 ** figure.finer : value)),
  );

const extent = (picture: ExperimentPicture, figure: DotFigure): readonly [number, number] => {
  const estimates = picture.report.arms.flatMap((arm) => [figure.ofArm(arm.asAssigned), figure.ofArm(arm.clean)]);
  const values = [
    0,
    ...picture.dots.map(figure.ofRelay),
    ...estimates.flatMap((estimate) => [estimate?.mean, estimate?.low, estimate?.high]),
  ].filter(isKnown);
  const low = values.reduce((a, b) => Math.min(a, b), 0);
  const high = values.reduce((a, b) => Math.max(a, b), 0);
  return low === high ? [low, low + 1] : [low, high];
};

interface Strip {
  readonly layout: Layout;
  readonly theme: Theme;
  readonly figure: DotFigure;
  readonly unit: ByteUnit;
  readonly radius: number;
  readonly x: (value: number) => number;
}

/** Paint stands once for all dots of a kind, and names only where a pointer can ask for them: fleets are large, pages should not be. */
const drawDots = (strip: Strip, dots: readonly RelayDot[], color: string, top: number) => {
  const { theme, unit, figure, layout, radius } = strip;
  const known = dots.flatMap((dot) => {
    const value = figure.ofRelay(dot);
    return isKnown(value) ? [{ dot, value }] : [];
  });
  const placed = placeSwarm(known, ({ value }) => strip.x(value), radius, middleY - radius - 4);
  const circles = (excluded: boolean, r: number) =>
    placed
      .filter(({ item }) => (item.dot.excluded !== undefined) === excluded)
      .map(({ item: { dot, value }, x, offset }) => {
        const reason = dot.excluded === undefined ? '' : `, left out: ${dot.excluded}`;
        const title =
          layout.name === 'wide'
            ? html`<title>${dot.relay}: ${formatIn(unit, value)}${figure.per}${reason}</title>`
            : undefined;
        return html`<circle cx="${at(x)}" cy="${at(top + middleY + offset)}" r="${r}">${title}</circle>`;
      });
  return html`<g fill="${color}" fill-opacity="0.75">${circles(false, radius)}</g><g fill="${theme.paper}" stroke="${theme.excluded}" stroke-width="1.5">${circles(true, radius - 0.5)}</g>`;
};

/** `6 left out: carry-over` over the hollow dots, kept inside the strip. */
const drawReasons = (strip: Strip, dots: readonly RelayDot[], top: number) => {
  const { left, right } = stripSpan(strip.layout);
  const xs = dots.flatMap((dot) => {
    const value = strip.figure.ofRelay(dot);
    return dot.excluded !== undefined && isKnown(value) ? [strip.x(value)] : [];
  });
  if (xs.length === 0) return undefined;
  const codes = [...new Set(dots.flatMap(({ excluded }) => (excluded === undefined ? [] : [excluded])))].sort();
  const content = `${xs.length} left out: ${codes.join(', ')}`;
  const half = textWidth(content, 11) / 2;
  const middle = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const x = Math.max(left + half, Math.min(right - half, middle));
  return text(strip.theme, x, top + 4, content, { anchor: 'middle', color: strip.theme.excluded, size: 11 });
};

const toRow = (strip: Strip, picture: ExperimentPicture, arm: ReportArm): Row => {
  const { theme, figure, unit } = strip;
  const isControl = arm.id === picture.report.control;
  const color = isControl ? theme.control : theme.arm;
  const dots = picture.dots.filter((dot) => dot.arm === arm.id);
  const shown = figure.ofArm(figuresOf(arm));
  const assigned = figure.ofArm(arm.asAssigned);
  const two = hasTwoSets(arm);
  const describe = (estimate: ArmEstimate | null): string =>
    `${formatIn(unit, estimate?.mean)}${figure.per}${formatIntervalIn(unit, estimate) === undefined ? '' : `, 95 % interval ${formatIntervalIn(unit, estimate)}`}`;
  return {
    label: {
      name: armTitle(arm),
      note: `${armRole(arm, picture.report)}, ${plural(figuresOf(arm).relays, 'relay')}`,
      figure: `${formatIn(unit, shown?.mean)}${shown === null ? '' : figure.per}`,
      detail: two ? `as assigned ${formatIn(unit, assigned?.mean)}` : (formatIntervalIn(unit, shown) ?? ''),
    },
    draw: (top) => {
      const place = (y: number, estimate: ArmEstimate | null, filled: boolean, name: string) =>
        renderIntervalMark(theme, strip.x, y, {
          estimate,
          filled,
          color,
          title: `${armTitle(arm)}, ${name}: ${describe(estimate)}`,
        });
      return html`${drawDots(strip, dots, color, top)}${drawReasons(strip, dots, top)}${two ? place(top + 38, assigned, false, 'as assigned') : undefined}${place(top + 48, shown, true, two ? 'clean' : 'mean')}`;
    },
  };
};

/** @returns a chart with a strip an arm; the control's mean runs through all of them */
export const renderDotStrip = (picture: ExperimentPicture, figure: DotFigure, layout: Layout, theme: Theme): Chart => {
  const { left, right } = stripSpan(layout);
  const unit = figureUnit(picture, figure);
  const scale = scaleLinear()
    .domain([...extent(picture, figure)].map((bytes) => bytes / unit.bytes))
    .range([left + 8, right - 8])
    .nice();
  const x = (bytes: number): number => scale(bytes / unit.bytes);
  const strip: Strip = { layout, theme, figure, unit, radius: dotRadius(picture), x };
  const ticks = scale.ticks(layout.name === 'wide' ? 8 : 4);
  const format = scale.tickFormat(layout.name === 'wide' ? 8 : 4);
  const control = picture.report.arms.find(({ id }) => id === picture.report.control);
  const controlMean = control === undefined ? undefined : figure.ofArm(figuresOf(control))?.mean;
  return renderRows(layout, theme, {
    rows: arrangeArms(picture.report).map((arm) => toRow(strip, picture, arm)),
    stripHeight,
    ticks: ticks.map((tick) => ({ x: scale(tick), text: format(tick) })),
    axis: `${figure.axis}, ${unit.name}${figure.per}`,
    reference: isKnown(controlMean)
      ? { x: x(controlMean), text: `mean of control ${formatIn(unit, controlMean)}${figure.per}` }
      : undefined,
    label: figure.label,
  });
};
