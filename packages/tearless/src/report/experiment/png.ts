// Charts as PNG. The renderer is native code and loaded only here. It draws text with the machine's own fonts and leaves it out
// without a word where there are none, as on a bare server: then this refuses instead of giving charts without labels.
import { TearlessError } from '../../base/error.ts';
import { fontFamily } from './chart/theme.ts';

export class ReportError extends TearlessError {}

const probe = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><text x="2" y="30" font-size="30" font-family="${fontFamily}" fill="#000">M</text></svg>`;

export interface PngOptions {
  /** Pixels for each unit of the chart; 2 is sharp on today's screens. */
  readonly scale?: number;
  /** Font files (TTF, OTF) to use instead of the machine's own. */
  readonly fontFiles?: readonly string[];
}

/**
 * @param svg a whole SVG file, as `renderExperimentCharts` gives it
 * @returns the bytes of a PNG file
 * @throws ReportError `report-no-fonts` where no font can be found to draw its text with
 */
export const renderPng = async (svg: string, options: PngOptions = {}): Promise<Uint8Array> => {
  const { Resvg } = await import('@resvg/resvg-js');
  const fontFiles = [...(options.fontFiles ?? [])];
  const font = { loadSystemFonts: options.fontFiles === undefined, fontFiles };
  const painted = new Resvg(probe, { font }).render().pixels.some((byte) => byte !== 0);
  if (!painted)
    throw new ReportError({
      kind: 'failed',
      code: 'report-no-fonts',
      message: 'no font is installed here to draw the text of charts with',
      hint: "install one ('apt-get install fonts-dejavu-core'), or write SVG instead, which is drawn where it is looked at",
    });
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: options.scale ?? 2 } }).render().asPng();
};
