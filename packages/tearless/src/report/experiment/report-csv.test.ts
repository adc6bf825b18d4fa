import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import papaparse from 'papaparse';
import type { ArmFigures, ExperimentPicture } from './experiment-report.ts';
import { renderReportCsv } from './report-csv.ts';

const figures: ArmFigures = {
  relays: 8,
  rssBytes: { mean: 1_000.5, low: 900, high: 1_100 },
  slopeBytesPerDay: { mean: -3, low: -4, high: -2 },
  versusControl: null,
  restarts: 2,
};
const empty: ArmFigures = { relays: 0, rssBytes: null, slopeBytesPerDay: null, versusControl: null, restarts: 0 };
const picture: ExperimentPicture = {
  report: {
    schema: 'tearless.experiment-report/v1',
    experiment: 'e',
    title: 't',
    window: { from: '2026-01-01T00:00:00.000Z', to: '2026-01-08T00:00:00.000Z', how: 'h' },
    control: null,
    seed: 's',
    arms: [
      {
        id: 'A',
        name: '=cmd(), "x"',
        asAssigned: figures,
        clean: empty,
        exclusions: [{ relay: 'nick', code: 'carry-over', cause: 'c' }],
        limitations: [],
        window: { from: '2026-01-02T00:00:00.000Z', to: '2026-01-08T00:00:00.000Z', why: 'late' },
      },
    ],
    verdict: { wording: 'association', best: null, sentences: [] },
  },
  findings: [],
  timelines: [],
  dots: [],
  names: { relays: [{ relay: 'nick', nickname: 'nick' }], hosts: [] },
  data: { relays: 8, samples: 9, fromMs: 0, toMs: 1, sources: [] },
  method: [],
  reproduce: [],
};

describe('renderReportCsv', () => {
  const read = (text: string) => papaparse.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });

  it('has a row for each arm and set, numbers as they are, nothing where there is nothing', () => {
    const { data, errors } = read(renderReportCsv(picture, { public: false }));
    assert.deepEqual(errors, []);
    assert.deepEqual(
      data.map((row) => [
        row.set,
        row.relays,
        row.excluded,
        row.rss_bytes_mean,
        row.slope_bytes_per_day_low,
        row.ratio_mean,
      ]),
      [
        ['as assigned', '8', '0', '1000.5', '-4', ''],
        ['clean', '0', '1', '', '', ''],
      ],
    );
    assert.equal(data[0]?.window_from, '2026-01-02T00:00:00.000Z');
  });

  it('keeps a hostile name from starting a formula', () => {
    const [row] = read(renderReportCsv(picture, { public: false })).data;
    assert.ok(row?.name?.startsWith("'="), row?.name);
  });

  it('names no relay', () => assert.ok(!renderReportCsv(picture, { public: false }).includes('nick')));
});
