// What a template looks at besides memory, in each form that a report takes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import papaparse from 'papaparse';
import { renderExperimentPage } from './page/experiment-page.ts';
import { publishable } from './public/publishable.ts';
import { renderReportCsv } from './report-csv.ts';
import { pictureWithOutcomes } from './testing/sample-outcomes.ts';
import { samplePicture } from './testing/sample-picture.ts';

const page = (days?: number, isPublic = false): string =>
  renderExperimentPage(pictureWithOutcomes(days), { public: isPublic }).replace(/<[^>]*>/g, ' ');

describe('outcomes of a template', () => {
  it('stand on the page with what exactly is counted, and only where there are some', () => {
    const text = page();
    assert.match(text, /Outcomes besides memory/);
    assert.match(text, /hours as HSDir a day\s*, higher is better\. What is counted here/);
    assert.match(text, /9\.3 h\s+8\.3 to 10\.2/);
    assert.match(text, /\+14\.8 h/);
    assert.match(text, /4,100 GB/);
    assert.match(text, /−1,235/);
    assert.doesNotMatch(text, /NaN|undefined|null/);
    assert.doesNotMatch(renderExperimentPage(samplePicture(), { public: false }), /besides memory/);
  });

  it('are columns of the figures, of arms as assigned', () => {
    const { data, meta } = papaparse.parse<Record<string, string>>(
      renderReportCsv(pictureWithOutcomes(), { public: false }).trim(),
      { header: true },
    );
    assert.ok(meta.fields?.includes('circuits_cut_difference_mean'));
    const row = (set: string) => data.find((one) => one.arm === 'G1' && one.set === set);
    assert.equal(row('as assigned')?.hs_dir_hours_mean, '24');
    assert.equal(row('as assigned')?.hs_dir_hours_relays, '4');
    assert.equal(row('clean')?.hs_dir_hours_mean, '');
  });

  it('are published as flags, which are public anyway, and how arms compare over a day or more', () => {
    const of = (days: number) =>
      (publishable(pictureWithOutcomes(days)).report.outcomes ?? []).map(({ arms }) => arms[1]);
    const [hours, bytes, cut] = of(14);
    assert.equal(hours?.mean?.mean, 24);
    assert.equal(hours?.mean?.values, undefined, 'no figure of one relay');
    for (const one of [bytes, cut]) assert.deepEqual([one?.mean, one?.versusControl?.difference], [null, null]);
    assert.ok((bytes?.versusControl?.ratio?.mean ?? 0) > 1);
    assert.deepEqual(
      of(0.5).map((one) => one?.versusControl ?? null),
      [hours?.versusControl, null, null],
    );
    const csv = renderReportCsv(pictureWithOutcomes(), { public: true });
    for (const text of [page(14, true), csv]) assert.doesNotMatch(text, /4,100|4100000000000|1,235|1234\.5/);
  });
});
