// What a page about an experiment adds to the style that all reports share.
import { Html } from '../../html.ts';

export const experimentStyle = new Html(`
:root { --c: #b45f10; }
@media (prefers-color-scheme: dark) { :root { --c: #f0a35c; } }
main { max-width: 1100px; }
.eyebrow { color: var(--soft); font-size: 13px; margin: 0 0 6px; }
.verdict { border-left: 4px solid var(--b); background: var(--tint); border-radius: 0 8px 8px 0; padding: 14px 18px; margin: 20px 0; }
.verdict p { margin: 5px 0; max-width: 80ch; } .verdict .eyebrow + p { font-size: 18px; line-height: 1.4; font-weight: 600; }
.notice { border: 1px dashed var(--line); border-radius: 8px; padding: 8px 14px; color: var(--soft); font-size: 14px; }
figure { margin: 12px 0 8px; } figcaption { color: var(--soft); font-size: 14px; max-width: 80ch; margin-bottom: 10px; }
svg.narrow { display: none; }
.panel { display: grid; grid-template: 'head head' auto 'chart beside' auto 'below beside' 1fr / minmax(0, 1fr) 280px; column-gap: 24px; border-top: 1px solid var(--line); padding: 14px 0 10px; break-inside: avoid; }
.panel .chart { grid-area: chart; } .panel .beside { grid-area: beside; } .panel .below { grid-area: below; }
.panel h3 { grid-area: head; font-size: 15px; margin: 0 0 4px; } .panel h3 span { font-weight: 400; color: var(--soft); }
.notes { display: grid; gap: 8px; align-content: start; margin: 8px 0; padding: 0; list-style: none; font-size: 13px; line-height: 1.45; }
.notes li { border-left: 3px solid var(--line); padding-left: 10px; break-inside: avoid; overflow-wrap: anywhere; }
.notes li.warning { border-color: var(--c); } .notes li.error { border-color: var(--bad); }
.notes b { font-weight: 600; } .notes .soft { font-size: 12px; }
.notes.columns { grid-template-columns: repeat(auto-fill, minmax(290px, 1fr)); column-gap: 24px; }
details { font-size: 13px; margin: 6px 0; } summary { cursor: pointer; color: var(--soft); }
table.sets { font-size: 13px; } table.sets th, table.sets td { padding: 6px 6px; } table.sets td small { display: block; color: var(--soft); font-size: 11px; white-space: nowrap; } table.sets th { white-space: nowrap; }
table.sets .same { text-align: center; vertical-align: middle; } .sum { font-size: 13px; font-variant-numeric: tabular-nums; margin: 8px 0; }
table.sets th:first-child, table.sets td:first-child { position: sticky; left: 0; background: var(--paper); white-space: normal; min-width: 104px; padding-left: 0; }
table.sets .edge { border-left: 1px solid var(--line); padding-left: 14px; } table.sets thead tr:first-child th { border-bottom: 0; color: var(--ink); }
table.figures td, table.figures th { padding: 3px 10px 3px 0; font-size: 13px; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { font-size: 13px; } h2 + p { margin-top: 0; font-size: 14px; max-width: 80ch; } td code { overflow-wrap: anywhere; }
a { color: inherit; text-decoration-color: var(--soft); }
@media (max-width: 700px) { main { padding: 24px 16px 48px; } svg.wide { display: none; } svg.narrow { display: block; max-width: 440px; }
  .panel { grid-template: 'head' 'chart' 'beside' 'below' / minmax(0, 1fr); } .tiles { grid-template-columns: 1fr 1fr; } .tile b { font-size: 19px; }
  h1 { font-size: 22px; } .verdict .eyebrow + p { font-size: 16px; } }
@media print { @page { margin: 14mm; } :root { color-scheme: light; --ink: #1b1f24; --soft: #4a545e; --line: #d0d6dc; --paper: #ffffff; --tint: #f5f7f9;
    --good: #1a7f4b; --bad: #c0392b; --warn: #b7791f; --a: #7b8794; --b: #2f6fdf; --c: #b45f10; --d: #7a4fd0; }
  body { font-size: 12px; } svg.wide { display: block; } svg.narrow { display: none; } details { display: none; } .panel { grid-template-columns: minmax(0, 1fr) 200px; }
  .verdict, figure, tr { break-inside: avoid; } h2 { break-after: avoid; } .wide { overflow: visible; } table.sets { font-size: 9px; } table.sets th, table.sets td { padding: 3px 2px; white-space: normal; } table.sets .edge { padding-left: 4px; }
  table.sets td small { font-size: 8px; white-space: normal; } table.sets th:first-child, table.sets td:first-child { min-width: 60px; } .tiles { grid-template-columns: repeat(5, 1fr); gap: 8px; } .tile { padding: 8px 10px; } .tile b { font-size: 17px; } .tile span { font-size: 10px; }
  figcaption, h2 + p, .notice { font-size: 11px; } .notes, .sum { font-size: 10px; } .notes .soft { font-size: 9px; } .verdict .eyebrow + p { font-size: 15px; } .panel h3 { font-size: 13px; } pre { white-space: pre-wrap; } }
`);
