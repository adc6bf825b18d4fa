// Files as they should not be, through import, audit and report as a person calls them: each is refused with the reason, or
// read with what was left out said; no figure of any output is one that is none.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CliRun, runIn } from './harness.ts';

const header = 'timestamp,server,type,fingerprint,nickname,group,rss_kb,vmsize_kb,hwm_kb';
const levels: Readonly<Record<string, number>> = { A: 2_000_000, B: 1_500_000, Z: 3_000_000 };

interface Shape {
  readonly arms?: readonly string[];
  readonly relays?: number;
  readonly instants?: number;
}

/** Relays of an arm differ by two per cent each, and a little from sample to sample. */
const rowsOf = ({ arms = ['A', 'B', 'Z'], relays = 6, instants = 16 }: Shape = {}): string[] =>
  Array.from({ length: instants }, (_, place) => {
    const time = new Date(Date.UTC(2026, 0, 1) + place * 21_600_000).toISOString().slice(0, 19);
    return arms.flatMap((arm) =>
      Array.from({ length: relays }, (_, relay) => {
        const kib = Math.round((levels[arm] ?? 0) * (1 + 0.02 * relay)) + ((place * 7 + relay * 3) % 11) * 1_000;
        return `${time},h,relay,,${arm.toLowerCase()}r${relay},${arm},${kib},${2 * kib},${kib + 99_000}`;
      }),
    );
  }).flat();

const table = (rows: readonly string[]): string => `${[header, ...rows].join('\n')}\n`;
const changeEvery = (nth: number, change: (fields: string[]) => void): string[] =>
  rowsOf().map((row, index) => {
    const fields = row.split(',');
    if (index % nth === 0) change(fields);
    return fields.join(',');
  });
const withRss = (text: string): string[] =>
  changeEvery(7, (fields) => {
    fields[6] = text;
  });

const manifest = {
  id: 'bad',
  name: 'bad',
  groups: { A: { name: 'a' }, B: { name: 'b' }, Z: { name: 'control' } },
};

interface Case {
  readonly name: string;
  readonly memory?: string;
  readonly manifest?: string;
  /** What import says where it refuses. */
  readonly refused?: RegExp;
  /** What the report says of it, where it can be made. */
  readonly reported?: RegExp;
  /** What the report says where it cannot. */
  readonly unreported?: RegExp;
}

const cases: readonly Case[] = [
  {
    name: 'a last row that was cut off',
    memory: table(rowsOf()).slice(0, -20),
    reported: /1 row of memory_measurements\.csv could not be read/,
  },
  { name: 'semicolons', memory: table(rowsOf()).replaceAll(',', ';'), reported: /\(B\) is associated/ },
  { name: 'tabs', memory: table(rowsOf()).replaceAll(',', '\t'), reported: /\(B\) is associated/ },
  {
    name: 'no column of times',
    memory: table(rowsOf()).replaceAll(/^[^,]*,/gm, ''),
    refused: /import-missing-columns: memory_measurements\.csv cannot be used: it lacks timestamp/,
  },
  {
    name: 'no column of memory that is resident',
    memory: table(rowsOf()).replace('rss_kb', 'other'),
    unreported: /no relay of an arm .* has a sample of its memory\n.*rss_kb/,
  },
  ...['-5', '0', '99999999999999', 'NaN', 'Infinity', 'abc', '0x10'].map(
    (rss): Case => ({
      name: `a figure of ${rss}`,
      memory: table(withRss(rss)),
      reported: /42 rows of memory_measurements\.csv could not be read and are in no figure/,
    }),
  ),
  {
    name: 'times with and without a zone',
    memory: table(
      changeEvery(2, (fields) => {
        fields[0] += '+01:00';
      }),
    ),
    reported: /Some times of memory_measurements\.csv carry a time zone and others do not/,
  },
  {
    name: 'times that are none',
    memory: table(
      changeEvery(5, (fields) => {
        fields[0] = '2026-02-30T00:00:00';
      }),
    ),
    reported: /58 rows of memory_measurements\.csv could not be read/,
  },
  {
    name: 'an arm without relays',
    memory: table(rowsOf({ arms: ['A', 'Z'] })),
    reported: /No relay belongs to this arm/,
  },
  {
    name: 'one sample a relay',
    memory: table(rowsOf({ instants: 1 })),
    reported: /A single sample in the window, so an instant instead of a mean, and no\s+growth/,
  },
  {
    name: 'one relay an arm',
    memory: table(rowsOf({ relays: 1 })),
    reported: /No p value against control can be given for a \(A\) and b \(B\)/,
  },
  {
    name: 'relays that all hold the same',
    memory: table(rowsOf().map((row) => row.replace(/\d+,\d+,\d+$/, '1000000,2000000,1000000'))),
    reported: /Not told apart from control: a \(A\) and b \(B\)/,
  },
  { name: 'a header and nothing else', memory: table([]), unreported: /has a sample of its memory/ },
  { name: 'nothing at all', memory: '', refused: /memory_measurements\.csv cannot be used: it is empty/ },
  {
    name: 'a line without end',
    memory: table([...rowsOf(), 'a'.repeat(200_000)]),
    reported: /1 row of memory_measurements\.csv could not be read/,
  },
  {
    name: 'a description that is no JSON',
    manifest: '{"id": oops',
    refused: /experiment\.json cannot be read: .* is not valid JSON/,
  },
  {
    name: 'a description of another form',
    manifest: '[1, 2]',
    refused: /experiment\.json cannot be read: Invalid input: expected object/,
  },
  {
    name: 'names that would garble a terminal or a page',
    manifest: JSON.stringify({
      ...manifest,
      name: '<script>alert(1)</script>\u001b[31m',
      groups: { ...manifest.groups, A: { name: 'a\u001b[2J\u0000<img src=x>' } },
    }),
    reported: /<script>alert\(1\)<\/script>\ufffd\[31m bad/,
  },
];

const noFigure = /NaN|Infinity|undefined/;

for (const {
  name,
  memory = table(rowsOf()),
  manifest: description = JSON.stringify(manifest),
  refused,
  reported,
  unreported,
} of cases)
  describe(`an experiment with ${name}`, () => {
    let cwd = '';
    let imported: CliRun;
    before(async () => {
      cwd = await mkdtemp(join(tmpdir(), 'tearless-bad-'));
      await mkdir(join(cwd, 'data'));
      await writeFile(join(cwd, 'data', 'memory_measurements.csv'), memory);
      await writeFile(join(cwd, 'data', 'experiment.json'), description);
      imported = await runIn(cwd, ['experiment', 'import', 'data', '--name', 'bad']);
    });
    after(() => rm(cwd, { recursive: true, force: true }));

    if (refused !== undefined) {
      it('is refused with the reason, and leaves nothing', async () => {
        assert.equal(imported.exitCode, 1);
        assert.match(imported.stderr, refused);
        assert.match(imported.stderr, /nothing was imported/);
        assert.equal((await runIn(cwd, ['experiment', 'show', 'bad'])).exitCode, 1);
      });
      return;
    }

    it('is judged, and what cannot be said is told', async () => {
      assert.equal(imported.exitCode, 0, imported.stderr);
      const audit = await runIn(cwd, ['experiment', 'audit', 'bad']);
      assert.ok(audit.exitCode === 0 || audit.exitCode === 7, audit.stderr);
      assert.doesNotMatch(audit.stdout, noFigure);
      const report = await runIn(cwd, ['experiment', 'report', 'bad']);
      if (unreported !== undefined) {
        assert.equal(report.exitCode, 5);
        assert.match(report.stderr, unreported);
        return;
      }
      assert.equal(report.exitCode, 0, report.stderr);
      assert.match(report.stdout, reported ?? /./);
      assert.doesNotMatch(report.stdout + audit.stdout + imported.stdout, /(?!\n)\p{Cc}/u);
    });

    if (reported !== undefined)
      it('has no figure that is none in any of its files', async () => {
        const files = ['--html', 'page.html', '--csv', 'figures.csv', '--svg', 'charts'];
        const written = await runIn(cwd, ['experiment', 'report', 'bad', ...files]);
        assert.equal(written.exitCode, 0, written.stderr);
        const charts = (await readdir(join(cwd, 'charts'))).map((file) => join('charts', file));
        assert.ok(charts.length > 0);
        for (const file of ['page.html', 'figures.csv', ...charts])
          assert.doesNotMatch(await readFile(join(cwd, file), 'utf8'), noFigure, file);
        const { stdout } = await runIn(cwd, ['experiment', 'report', 'bad', '--json']);
        assert.doesNotMatch(stdout, noFigure);
        assert.equal(JSON.parse(stdout).schema, 'tearless.experiment-report/v1');
      });
  });
