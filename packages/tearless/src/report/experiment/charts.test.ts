import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { renderExperimentCharts } from './charts.ts';
import type { ExperimentPicture } from './experiment-report.ts';
import { renderPng } from './png.ts';
import { samplePicture } from './testing/sample-picture.ts';

const rewrite = process.env.TEARLESS_UPDATE_GOLDEN === '1';
const charts = renderExperimentCharts(samplePicture(), { public: false });

const withArms = (picture: ExperimentPicture, keep: (id: string) => boolean): ExperimentPicture => ({
  ...picture,
  report: { ...picture.report, arms: picture.report.arms.filter(({ id }) => keep(id)) },
});

describe('charts of an experiment', () => {
  it('are four: memory, growth, timeline, and against control', () =>
    assert.deepEqual(
      charts.map(({ name }) => name),
      ['memory', 'growth', 'timeline', 'against-control'],
    ));

  for (const { name, svg } of charts)
    it(`${name} is drawn as it was looked at`, () => {
      const file = join(import.meta.dirname, 'testdata', `${name}.svg`);
      if (rewrite) writeFileSync(file, svg);
      assert.equal(svg, readFileSync(file, 'utf8'));
    });

  it('take no colours, fonts or anything else from elsewhere', () => {
    for (const { svg } of charts) {
      assert.doesNotMatch(svg, /var\(|url\(|href|<style|<script|<image|@import/);
      assert.deepEqual(svg.match(/https?:[^"]*/g), ['http://www.w3.org/2000/svg']);
    }
  });

  it('have a dot for every relay, hollow where it is left out', () => {
    const memory = charts.find(({ name }) => name === 'memory')?.svg ?? '';
    assert.equal(memory.match(/<circle /g)?.length, 40);
    assert.equal(memory.match(/left out: carry-over<\/title>/g)?.length, 3);
    assert.match(memory, />3 left out: carry-over<\/text>/);
  });

  it('show no ratio where no arm can be compared', () => {
    const alone = withArms(samplePicture(), (id) => id === 'Z');
    assert.deepEqual(
      renderExperimentCharts(alone, { public: false }).map(({ name }) => name),
      ['memory', 'growth', 'timeline'],
    );
    assert.deepEqual(
      renderExperimentCharts(
        withArms(alone, () => false),
        { public: false },
      ),
      [],
    );
  });

  it('become a PNG of twice their size', async () => {
    const memory = charts.find(({ name }) => name === 'memory');
    assert.ok(memory);
    const png = Buffer.from(await renderPng(memory.svg));
    assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    assert.equal(png.readUInt32BE(16), 2 * Number(/width="(\d+)"/.exec(memory.svg)?.[1]));
  });

  it('refuse to become a PNG without labels where there is no font', async () => {
    await assert.rejects(renderPng(charts[0]?.svg ?? '', { fontFiles: [] }), { code: 'report-no-fonts' });
  });
});
