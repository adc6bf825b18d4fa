// A chart in a page: drawn twice, for screens and for phones, of which one is shown. It takes its colours from the page.
import { type Html, html } from '../../html.ts';
import { type Chart, type Layout, narrow } from '../chart/canvas.ts';

const renderSvg = ({ width, height, label, body }: Chart, name: string): Html =>
  html`<svg class="chart ${name}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${body}</svg>`;

/** @param draw makes the chart for a layout */
export const renderBothSizes = (draw: (layout: Layout) => Chart, wideLayout: Layout): Html =>
  html`${renderSvg(draw(wideLayout), 'wide')}${renderSvg(draw(narrow), 'narrow')}`;
