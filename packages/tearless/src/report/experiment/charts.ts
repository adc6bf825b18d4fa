// The charts of a report as files of their own: SVG with its own colours and size, for slides, mails and papers.
import { escapeHtml, type Html, html } from '../html.ts';
import { armTitle, arrangeArms } from './arms.ts';
import { type Chart, shorten, text, wide } from './chart/canvas.ts';
import { growthFigure, memoryFigure, renderDotStrip } from './chart/dot-strip.ts';
import { hasRatios, renderRatioRows } from './chart/ratio-rows.ts';
import { fileTheme, fontFamily } from './chart/theme.ts';
import { frameOf } from './chart/time-frame.ts';
import { renderTimelinePanel } from './chart/timeline-panel.ts';
import type { ExperimentPicture } from './experiment-report.ts';
import { formatDay, windowMs } from './figures.ts';
import { printable } from './printable.ts';
import { publishable } from './public/publishable.ts';

export interface ChartFile {
  /** Without an ending: `memory`. */
  readonly name: string;
  readonly svg: string;
}

const margin = 24;
const head = 78;

const standalone = (
  title: string,
  notes: readonly string[],
  charts: readonly { readonly name?: string; readonly chart: Chart }[],
): string => {
  let top = head;
  const placed: Html[] = charts.map(({ name, chart }) => {
    const nameTop = top + (name === undefined ? 0 : 22);
    const part = html`${name === undefined ? undefined : text(fileTheme, margin, top + 16, name, { bold: true, color: fileTheme.ink, size: 13 })}<g transform="translate(${margin} ${nameTop})"><title>${chart.label}</title>${chart.body}</g>`;
    top = nameTop + chart.height + 6;
    return part;
  });
  const width = Math.max(...charts.map(({ chart }) => chart.width)) + 2 * margin;
  const height = top + margin;
  return printable(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}" font-family="${fontFamily}">
<title>${escapeHtml(title)}</title>
<rect width="${width}" height="${height}" fill="${fileTheme.paper}"/>
${text(fileTheme, margin, 30, title, { bold: true, color: fileTheme.ink, size: 17 })}${notes.map((note, index) => text(fileTheme, margin, 50 + index * 16, shorten(note, wide.width)).markup).join('')}
${placed.map(({ markup }) => markup).join('\n')}
</svg>
`);
};

/** @returns the charts that the picture has figures for, each a whole SVG file that loads nothing */
export const renderExperimentCharts = (
  picture: ExperimentPicture,
  options: { readonly public: boolean },
): readonly ChartFile[] => {
  const shown = options.public ? publishable(picture) : picture;
  const { report } = shown;
  const arms = arrangeArms(report);
  if (arms.length === 0) return [];
  const { fromMs, toMs } = windowMs(report.window);
  const bars = `bars: 95 % intervals over relays${report.verdict.wording === 'association' ? '; an association, not an effect: the arms were not drawn at random' : ''}`;
  const period = `${report.title}, ${formatDay(fromMs)} to ${formatDay(toMs)}`;
  const notes = [period, bars];
  const frame = frameOf(shown);
  const files: ChartFile[] = [
    {
      name: 'memory',
      svg: standalone('Memory of every relay, by arm', notes, [
        { chart: renderDotStrip(shown, memoryFigure, wide, fileTheme) },
      ]),
    },
    {
      name: 'growth',
      svg: standalone('Growth of memory of every relay, by arm', notes, [
        { chart: renderDotStrip(shown, growthFigure, wide, fileTheme) },
      ]),
    },
    {
      name: 'timeline',
      svg: standalone(
        'Memory over time, by arm',
        [period, `${bars}; grey: control; ticks: restarts`],
        arms.map((arm) => ({ name: armTitle(arm), chart: renderTimelinePanel(shown, arm, frame, wide, fileTheme) })),
      ),
    },
  ];
  if (!hasRatios(shown)) return files;
  return [
    ...files,
    {
      name: 'against-control',
      svg: standalone('Memory against control', notes, [{ chart: renderRatioRows(shown, wide, fileTheme) }]),
    },
  ];
};
