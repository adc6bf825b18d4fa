import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { publishedFolder } from '../../packages/tearless/src/experiments/testing/memory-folder.ts';
import { runIn } from './harness.ts';

describe('experiment report', () => {
  let cwd = '';
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'tearless-report-'));
    const published = publishedFolder();
    for (const { name } of await published.list()) await writeFile(join(cwd, name), published.open(name));
    assert.equal((await runIn(cwd, ['experiment', 'import', '.', '--name', 'mem'])).exitCode, 0);
  });
  after(() => rm(cwd, { recursive: true, force: true }));
  const report = (...words: readonly string[]) => runIn(cwd, ['experiment', 'report', 'mem', ...words]);

  it('shows the verdict first, then figures as assigned and clean', async () => {
    const { exitCode, stdout } = await report();
    assert.equal(exitCode, 0);
    assert.match(stdout, /mimalloc 2\.1\.2 \(B\) is associated with the least memory/);
    assert.match(stdout, /as assigned +1\.75 GB.*\n.*clean +2\.32 GB {2}2\.29 to 2\.35/);
    assert.match(stdout, /left out of clean: 22gz, 24kgoldn, 42dugg \(carry-over/);
    assert.doesNotMatch(stdout, /NaN|undefined|Infinity/);
  });

  it('gives JSON that a second call with the same seed repeats, byte by byte', async () => {
    const { stdout } = await report('--json', '--seed', 'one');
    const value = JSON.parse(stdout);
    assert.deepEqual(
      [value.schema, value.control, value.seed, value.arms.length, value.verdict.wording, value.verdict.best],
      ['tearless.experiment-report/v1', 'Z', 'one', 10, 'association', 'B'],
    );
    const [jemalloc] = value.arms;
    assert.deepEqual([jemalloc.asAssigned.relays, jemalloc.clean.relays], [10, 7]);
    assert.ok(jemalloc.clean.versusControl.adjustedP < 0.001);
    assert.deepEqual(value.arms.at(-1).clean.versusControl, null);
    assert.equal((await report('--json', '--seed', 'one')).stdout, stdout);
  });

  it('takes a window of days, another control, and codes that exclude', async () => {
    const days = JSON.parse((await report('--json', '--from', '2026-01-06', '--to', '2026-01-08')).stdout);
    assert.deepEqual([days.window.from, days.window.to], ['2026-01-06T00:00:00.000Z', '2026-01-08T23:59:59.999Z']);
    const other = JSON.parse((await report('--json', '--control', 'A', '--exclude', 'identity,gap')).stdout);
    assert.equal(other.control, 'A');
    assert.ok(other.exploratory.includes('gap'), other.exploratory);
  });

  it('writes page, charts and table, without a name where they are to be published', async () => {
    const words = ['--public', '--html', 'r.html', '--csv', 'r.csv', '--svg', 'svg', '--png', 'png'];
    const { exitCode, stdout, files } = await report(...words);
    assert.equal(exitCode, 0);
    assert.match(stdout, /wrote r\.html\nwrote r\.csv\nwrote svg\/memory\.svg/);
    const text = [files['r.html'], files['r.csv'], files['svg/timeline.svg']].join('');
    for (const name of ['22gz', 'gunna', 'FC06B52C9F6F114921EF0D82009A180BDE662022', 'closedopen'])
      assert.ok(!text.includes(name), name);
    assert.match(files['png/memory.png'] ?? '', /PNG/);
    assert.ok(!Object.keys(files).some((name) => name.includes('.tearless-')));
  });

  it('refuses what is no time, no code, no arm, no experiment, and a window without samples', async () => {
    const wrong = [
      [['--from', 'soon'], 64, /--from soon is no time/],
      [['--exclude', 'carryover'], 64, /did you mean carry-over\?/],
      [['--control', 'Q'], 1, /no arm Q/],
      [
        ['--from', '2030-01-01'],
        5,
        /no sample lies from 2030-01-01 00:00 UTC on\n.*samples of the arms lie from 2025-12-2/,
      ],
      [['--to', '2020-01-01'], 5, /no sample lies up to 2020-01-01 23:59 UTC/],
      [['--from', '2026-01-08', '--to', '2026-01-03'], 5, /the window would end before it starts/],
      [['--from', '2026-01-08T00:10', '--to', '2026-01-08T00:11'], 5, /no sample lies between/],
    ] as const;
    for (const [words, code, said] of wrong) {
      const { exitCode, stdout, stderr } = await report(...words);
      assert.deepEqual([exitCode, stdout], [code, '']);
      assert.match(stderr, said);
    }
    const unknown = await runIn(cwd, ['experiment', 'report', 'nothing']);
    assert.deepEqual([unknown.exitCode, unknown.stdout], [1, '']);
    assert.match(unknown.stderr, /no experiment nothing/);
  });

  it('says which file cannot be written', async () => {
    const { exitCode, stderr } = await report('--html', 'missing/r.html');
    assert.equal(exitCode, 1);
    assert.match(stderr, /missing\/r\.html cannot be written/);
  });
});
