// The shell of every report: one self-contained file, light and dark, readable on paper; loads nothing from anywhere.
import { type Hole, Html, html } from './html.ts';

const style = new Html(`
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6672; --line: #d9dee4; --paper: #ffffff; --tint: #f5f7f9;
  --good: #1a7f4b; --bad: #c0392b; --warn: #b7791f; --a: #7b8794; --b: #2f6fdf; --c: #d9822b; --d: #7a4fd0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaee; --soft: #9aa5b1; --line: #323a43; --paper: #14181c; --tint: #1c2127;
  --good: #4cc38a; --bad: #ff6b5e; --warn: #e0b050; --a: #8b96a3; --b: #6ea2ff; --c: #f0a35c; --d: #b195ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; } h2 { font-size: 18px; margin: 40px 0 8px; }
p { margin: 6px 0; max-width: 75ch; } .soft { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; margin: 24px 0; }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; background: var(--tint); }
.tile b { display: block; font-size: 22px; line-height: 1.2; font-variant-numeric: tabular-nums; } .tile span { color: var(--soft); font-size: 13px; }
.tile.good b { color: var(--good); } .tile.bad b { color: var(--bad); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: left; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; } th { color: var(--soft); font-weight: 600; }
td.number, th.number { text-align: right; } code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; fill: var(--soft); font: 12px system-ui, sans-serif; }
ul { padding-left: 20px; } .good { color: var(--good); } .bad { color: var(--bad); }
.key { display: flex; flex-wrap: wrap; gap: 16px; color: var(--soft); font-size: 13px; margin: 4px 0 8px; }
.key i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
@media print { main { padding: 0; } .tile { break-inside: avoid; } }
`);

/** A figure that a page leads with, and what it is. */
export const renderTile = (value: Hole, label: string, tone: '' | 'good' | 'bad' = ''): Html =>
  html`<div class="tile ${tone}"><b>${value}</b><span>${label}</span></div>`;

/**
 * @param extraStyle what one kind of report adds to the style
 * @returns a whole HTML document
 */
export const renderPage = (title: string, body: Html, extraStyle?: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}${extraStyle}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.markup;
