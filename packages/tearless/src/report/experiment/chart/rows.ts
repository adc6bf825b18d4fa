// The scaffold of charts with a row an arm: names to the left and figures to the right, or both above the row on a phone.
import { type Html, html } from '../../html.ts';
import { type Chart, type Layout, line, shorten, text } from './canvas.ts';
import type { Theme } from './theme.ts';

export interface RowLabel {
  readonly name: string;
  readonly note: string;
  readonly figure: string;
  readonly detail: string;
}

export interface Row {
  readonly label: RowLabel;
  /** Draws into the strip whose upper edge is `top`. */
  readonly draw: (top: number) => Html | undefined;
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly stripHeight: number;
  readonly ticks: readonly { readonly x: number; readonly text: string }[];
  readonly axis: string;
  /** A line through all rows that they are compared with. */
  readonly reference: { readonly x: number; readonly text: string } | undefined;
  readonly label: string;
}

const headHeight = 22;
const footHeight = 40;

/** Where the strips lie horizontally. */
export const stripSpan = (layout: Layout): { readonly left: number; readonly right: number } =>
  layout.name === 'wide' ? { left: 158, right: layout.width - 190 } : { left: 8, right: layout.width - 8 };

const labelHeight = (layout: Layout): number => (layout.name === 'wide' ? 0 : 42);

const renderLabel = (layout: Layout, theme: Theme, label: RowLabel, top: number, stripHeight: number): Html => {
  const { left, right } = stripSpan(layout);
  if (layout.name === 'narrow')
    return html`${text(theme, left, top + 18, shorten(label.name, 220), { color: theme.ink, bold: true })}${text(theme, left, top + 32, label.note)}${text(theme, right, top + 18, label.figure, { color: theme.ink, bold: true, anchor: 'end' })}${text(theme, right, top + 32, label.detail, { anchor: 'end' })}`;
  const middle = top + stripHeight / 2;
  return html`${text(theme, 0, middle - 2, shorten(label.name, left - 8), { color: theme.ink, bold: true })}${text(theme, 0, middle + 14, shorten(label.note, left - 8))}${text(theme, right + 16, middle - 2, label.figure, { color: theme.ink, bold: true })}${text(theme, right + 16, middle + 14, label.detail)}`;
};

export const renderRows = (layout: Layout, theme: Theme, chart: Rows): Chart => {
  const { left, right } = stripSpan(layout);
  const rowHeight = chart.stripHeight + labelHeight(layout) + 8;
  const bottom = headHeight + chart.rows.length * rowHeight;
  const { reference } = chart;
  const anchor = reference === undefined || reference.x < (left + right) / 2 ? 'start' : 'end';
  // On a phone lines keep to the strips, so that none runs through a name or a figure above one.
  const spans: readonly (readonly [number, number])[] =
    layout.name === 'wide'
      ? [[headHeight, bottom]]
      : chart.rows.map((_, index) => {
          const end = headHeight + (index + 1) * rowHeight;
          return [end - chart.stripHeight - 4, end];
        });
  const upright = (x: number, color: string, extra?: Html) =>
    spans.map(([from, to]) => line(x, from, x, to, color, extra));
  const dashed = html`stroke-width="1.5" stroke-dasharray="5 4"`;
  const body = html`${chart.ticks.map((tick) => html`${upright(tick.x, theme.line)}${text(theme, tick.x, bottom + 16, tick.text, { anchor: 'middle' })}`)}${chart.rows.map(
    (_, index) =>
      index === 0
        ? undefined
        : line(0, headHeight + index * rowHeight, layout.width, headHeight + index * rowHeight, theme.line),
  )}${reference === undefined ? undefined : html`${upright(reference.x, theme.control, dashed)}${text(theme, reference.x, 12, reference.text, { anchor })}`}${chart.rows.map(
    (row, index) => {
      const top = headHeight + index * rowHeight;
      const stripTop = top + labelHeight(layout) + 4;
      return html`<g>${renderLabel(layout, theme, row.label, layout.name === 'wide' ? stripTop : top, chart.stripHeight)}${row.draw(stripTop)}</g>`;
    },
  )}${text(theme, (left + right) / 2, bottom + 33, chart.axis, { anchor: 'middle' })}`;
  return { width: layout.width, height: bottom + footHeight, label: chart.label, body };
};
