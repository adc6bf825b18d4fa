// The result of an experiment: as a table, as JSON, as a page to publish, as charts, as CSV.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show what an experiment came to: arms, intervals, comparison with control, verdict',
  details:
    'The unit is the relay. Figures stand side by side as assigned and clean: without relays that a cause independent of\nmemory speaks against, which the audit finds. Without --from the window starts after warm-up, found from the data. The\nsame seed gives the same report. docs/explanation/analysis-that-holds.md tells the method.',
  examples: [
    ['tearless experiment report co', 'the figures and the verdict'],
    ['tearless experiment report co --public --html report.html', 'one page to publish, without names of relays'],
    ['tearless experiment report co --from 2026-01-05T21:00 --control Z --json', 'a window of your own, for programs'],
    ['tearless experiment report co --csv figures.csv --png charts', 'for spreadsheets and slides'],
  ],
  positionals: [{ name: 'NAME', summary: 'the experiment', required: true, complete: 'experiment' }],
  options: {
    from: {
      type: 'string',
      value: 'TIME',
      summary: 'start of the window; default: after warm-up, found from the data',
    },
    to: { type: 'string', value: 'TIME', summary: 'its end; a day means the whole of it; default: the last sample' },
    exclude: {
      type: 'string',
      value: 'CODE',
      multiple: true,
      summary: 'leave out relays for findings of this code only; default: every code with a cause of its own',
    },
    control: { type: 'string', value: 'ARM', summary: 'compare with this arm; default: as the experiment says' },
    seed: { type: 'string', value: 'TEXT', summary: "for permutations and bootstraps; default: the experiment's name" },
    public: { type: 'boolean', summary: 'leave out what must not be published: names of relays and hosts' },
    html: { type: 'string', value: 'FILE', summary: 'write one self-contained page', complete: 'file' },
    csv: { type: 'string', value: 'FILE', summary: 'write the figures of every arm', complete: 'file' },
    svg: { type: 'string', value: 'DIR', summary: 'write the charts as SVG files', complete: 'directory' },
    png: { type: 'string', value: 'DIR', summary: 'write the charts as PNG files', complete: 'directory' },
  },
  json: 'tearless.experiment-report/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [{ openJournal }, { makePicture, readReportOptions }, { publishable }, { renderReport }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../core/experiment-report.ts'),
      import('../../../report/experiment/public/publishable.ts'),
      import('../../core/render/report-lines.ts'),
    ]);
    const { output } = context;
    await using store = await openJournal(context);
    const picture = await makePicture(store, name, readReportOptions(options));
    const isPublic = options.public === true;
    const shown = isPublic ? publishable(picture) : picture;
    const { html, csv, svg, png } = options;
    const files =
      (html ?? csv ?? svg ?? png)
        ? await (await import('../../core/report-files.ts')).writeReportFiles(
            picture,
            { html, csv, svg, png, isPublic },
            context,
          )
        : [];
    const { schema, ...value } = shown.report;
    output.result(schema, JSON.parse(JSON.stringify(value)) as JsonObject, () =>
      files.length === 0
        ? renderReport(shown, output.style, output.columns)
        : [...shown.report.verdict.sentences.slice(0, 1), ...files.map((file) => `wrote ${file}`)],
    );
    return exitCodes.done;
  },
});
