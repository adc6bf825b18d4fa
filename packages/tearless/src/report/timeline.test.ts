import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { html } from './html.ts';
import { renderTimeline, type Timeline } from './timeline.ts';

const timeline: Timeline = {
  label: 'a picture of <things>',
  span: { fromMs: 0, toMs: 100_000 },
  phases: [
    { fromMs: 0, toMs: 40_000, name: 'before & after' },
    { fromMs: 40_000, toMs: 100_000, name: 'then' },
  ],
  asked: [
    { atMs: 0, tookMs: 20, outcome: 'ok' },
    { atMs: 50_000, tookMs: 1_000, outcome: 'retried', isMarked: true },
    { atMs: 100_000, tookMs: 60_000, outcome: 'failed' },
  ],
  shortestMs: 10,
  rowsHeight: 44,
  rows: (x, bottom) => html`<g id="row" data-x="${x(50_000)}" data-bottom="${bottom}"/>`,
};
const attributes = (text: string, tag: string): string[] =>
  [...text.matchAll(new RegExp(`<${tag} ([^>]*)>`, 'g'))].map(([, inside]) => inside ?? '');

describe('a timeline', () => {
  const text = String(renderTimeline(timeline));

  it('has a dot for all that was asked, from left to right, the slower the higher, failures in their colour', () => {
    const dots = attributes(text, 'circle');
    const figures = dots.map((dot) => [...dot.matchAll(/ ?c[xy]="([\d.]+)"/g)].map(([, value]) => Number(value)));
    assert.equal(dots.length, 3);
    const [[x1, y1], [x2, y2], [x3, y3]] = figures as [number[], number[], number[]];
    assert.deepEqual([x1, x3], [110, 984]);
    assert.ok(x1 !== undefined && x2 !== undefined && x3 !== undefined && x1 < x2 && x2 < x3);
    assert.ok(y1 !== undefined && y2 !== undefined && y3 !== undefined && y1 > y2 && y2 > y3);
    assert.match(dots[2] ?? '', /var\(--bad\)/);
    assert.deepEqual(
      dots.map((dot) => dot.includes('stroke=')),
      [false, true, false],
    );
  });

  it('has its phases over the whole height, and rows above the plot', () => {
    assert.match(text, /before &amp; after<\/text>/);
    const [, bottom] = /data-bottom="(\d+)"/.exec(text) ?? [];
    assert.equal(attributes(text, 'rect').filter((one) => one.includes(`height="${bottom}"`)).length, 2);
    assert.match(text, /data-x="547"/);
    assert.match(text, /aria-label="a picture of &lt;things&gt;"/);
  });

  it('lets what began before it begin at its edge', () => {
    const rows = (x: (ms: number) => number) => html`<g data-x="${x(-5_000)}"/>`;
    assert.match(String(renderTimeline({ ...timeline, rows })), /data-x="110"/);
  });

  it('stands when nothing was asked', () => {
    assert.doesNotMatch(String(renderTimeline({ ...timeline, asked: [], phases: [] })), /NaN|Infinity/);
  });

  it('writes the name of a phase only where it has room, and tells it to the pointer everywhere', () => {
    const span = { fromMs: 0, toMs: 1_000_000 };
    const phases = [
      { name: 'calm', fromMs: 0, toMs: 20_000 },
      { name: 'to mimalloc and jemalloc', fromMs: 20_000, toMs: 1_000_000 },
    ];
    const drawn = String(renderTimeline({ ...timeline, asked: [], span, phases }));
    assert.deepEqual(
      phases.map(({ name }) => [drawn.includes(`>${name}</text>`), drawn.includes(`<title>${name}</title>`)]),
      [
        [false, true],
        [true, true],
      ],
    );
  });
});
