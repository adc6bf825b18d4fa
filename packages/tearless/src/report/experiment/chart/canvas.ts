// A chart as a value, before it becomes an SVG in a page or in a file; and the few marks that all charts are made of.
import { type Html, html } from '../../html.ts';
import type { Theme } from './theme.ts';

/** How much room a chart has: `wide` for screens and paper, `narrow` for phones. Text keeps its size in both. */
export interface Layout {
  readonly name: 'wide' | 'narrow';
  readonly width: number;
}

export const wide: Layout = { name: 'wide', width: 960 };
export const narrow: Layout = { name: 'narrow', width: 340 };

export interface Chart {
  readonly width: number;
  readonly height: number;
  /** What it shows, for those who hear the page. */
  readonly label: string;
  readonly body: Html;
}

/** A coordinate: one digit after the point is finer than any screen. */
export const at = (value: number): string => {
  const text = value.toFixed(1);
  return text.endsWith('.0') ? text.slice(0, -2) : text;
};

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly color?: string;
  readonly bold?: boolean;
  readonly size?: number;
}

export const text = (theme: Theme, x: number, y: number, content: string, style: TextStyle = {}): Html =>
  html`<text x="${at(x)}" y="${at(y)}" font-size="${style.size ?? 12}" fill="${style.color ?? theme.soft}" text-anchor="${style.anchor ?? 'start'}" font-weight="${style.bold === true ? 600 : 400}">${content}</text>`;

export const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, extra?: Html): Html =>
  html`<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${stroke}" ${extra}/>`;

/** About how wide a text is: enough to see whether two would touch. */
export const textWidth = (content: string, size = 12): number => content.length * size * 0.56;

/** Cut with an ellipsis where it would be wider than its place. */
export const shorten = (content: string, width: number, size = 12): string => {
  const fitting = Math.max(1, Math.floor(width / textWidth('m', size)));
  const characters = [...content];
  return characters.length <= fitting ? content : `${characters.slice(0, fitting - 1).join('')}…`;
};
