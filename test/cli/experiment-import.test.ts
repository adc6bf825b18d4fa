// `experiment import`, `ls`, `show` and `remove`, as a person calls them: in a directory with a folder of measurements.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CliRun, runIn } from './harness.ts';

const memory = `timestamp,server,type,nickname,group,rss_kb,vmsize_kb,hwm_kb
2026-01-01T00:00:00,co,relay,one,A,100,500,100
2026-01-01T00:00:00,co,relay,one,A,101,500,101
2026-01-01T00:00:00,co,relay,two,Z,200,500,200
2026-01-01T06:00:00,co,relay,one,A,-1,500,100
2026-01-01T06:00:00,co,relay,two,Z,210,500,210
`;

let cwd: string;
const run = (...words: readonly string[]): Promise<CliRun> => runIn(cwd, words);
const typing = (typed: string, ...words: readonly string[]): Promise<CliRun> => runIn(cwd, words, {}, typed);

before(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tearless-cli-'));
  await mkdir(join(cwd, 'my data'));
  await writeFile(join(cwd, 'my data', 'memory_measurements.csv'), memory);
  await writeFile(join(cwd, 'my data', 'notes.md'), '# nothing');
});
after(() => rm(cwd, { recursive: true }));

describe('experiment import', () => {
  it('is named as the folder is, says what was wrong with lines, and counts what is there', async () => {
    const { exitCode, stdout, stderr } = await run('experiment', 'import', 'my data');
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /memory_measurements\.csv\s+memory\s+4\s+2\s+new/);
    assert.match(
      stdout,
      /duplicate-row in memory_measurements\.csv: 1 row\n {2}line 3: one at .* stands in line 2 already/,
    );
    assert.match(stdout, /bad-row in memory_measurements\.csv: 1 row\n {2}line 5: '-1' is no number/);
    assert.match(stdout, /not of an experiment: notes\.md/);
    assert.match(stdout, /imported my-data: 3 samples/);
    assert.match(stderr, /next: tearless experiment audit my-data/);
  });

  it('again says that nothing has changed', async () => {
    const { stdout } = await run('experiment', 'import', 'my data', '--json');
    const value = JSON.parse(stdout);
    assert.deepEqual(
      [value.schema, value.experiment, value.changed, value.samples, value.files[0].state],
      ['tearless.experiment-import/v1', 'my-data', false, 3, 'unchanged'],
    );
    assert.deepEqual(
      value.files[0].problems.map(({ code, line, rows }: { code: string; line: number; rows: number }) => [
        code,
        line,
        rows,
      ]),
      [
        ['duplicate-row', 3, 1],
        ['bad-row', 5, 1],
      ],
    );
  });

  it('reads a single table too, under a name of its own', async () => {
    const { exitCode, stdout } = await run(
      'experiment',
      'import',
      join(cwd, 'my data', 'memory_measurements.csv'),
      '--name',
      'one-file',
    );
    assert.equal(exitCode, 0);
    assert.match(stdout, /imported one-file/);
    assert.equal((await run('experiment', 'remove', 'one-file', '--yes')).exitCode, 0);
  });

  it('notes in a line what is true of a file as a whole, and counts it as no problem', async () => {
    await mkdir(join(cwd, 'nameless'));
    const header = 'timestamp,server,type,fingerprint,nickname,group,rss_kb,vmsize_kb,hwm_kb,colour';
    const rows = ['one', 'two'].map((name) => `2026-01-01T00:00:00,co,relay,,${name},A,100,500,100,red`);
    await writeFile(join(cwd, 'nameless', 'memory_measurements.csv'), `${[header, ...rows].join('\n')}\n`);
    const { stdout } = await run('experiment', 'import', 'nameless');
    assert.match(stdout, /memory_measurements\.csv\s+memory\s+2\s+-\s+new/);
    for (const note of [
      'note unknown-column in memory_measurements.csv, line 1: the column colour is not read',
      'note empty-fingerprint in memory_measurements.csv, line 2: 2 of 2 rows name no fingerprint: their relays are told by nickname',
    ])
      assert.ok(stdout.split('\n').includes(note), stdout);
    const { files } = JSON.parse((await run('experiment', 'import', 'nameless', '--json')).stdout);
    assert.deepEqual(
      files[0].problems.map(({ code, rows: count }: { code: string; rows: number }) => [code, count]),
      [
        ['unknown-column', 1],
        ['empty-fingerprint', 2],
      ],
    );
    assert.equal((await run('experiment', 'remove', 'nameless', '--yes')).exitCode, 0);
  });

  it('says what it cannot read, and why', async () => {
    const missing = await run('experiment', 'import', 'nowhere');
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stderr, /cli-path.*nowhere cannot be read/);
    assert.equal((await run('experiment', 'import', 'my data', '--time-zone', 'Mars')).exitCode, 64);
    await mkdir(join(cwd, 'broken'));
    await writeFile(join(cwd, 'broken', 'memory_measurements.csv'), 'timestamp,server\n');
    const broken = await run('experiment', 'import', 'broken', '--json');
    assert.equal(broken.exitCode, 1);
    assert.equal(JSON.parse(broken.stdout).error.code, 'import-missing-columns');
  });
});

describe('experiment ls, show and remove', () => {
  it('list it', async () => {
    const { stdout } = await run('experiment', 'ls');
    assert.match(stdout, /my-data\s+3\s+1\s+2026-01-01 00:00 to 2026-01-01 06:00/);
    assert.equal(JSON.parse((await run('experiment', 'ls', '--json')).stdout).experiments[0].samples, 3);
  });

  it('show its arms, sources and problems', async () => {
    const { stdout } = await run('experiment', 'show', 'my-data');
    assert.match(stdout, /2 relays; 3 samples at 2 instants/);
    assert.match(stdout, /control: Z/);
    assert.match(stdout, /A\s+A\s+1\s+1/);
    assert.match(stdout, /memory_measurements\.csv\s+memory\s+4\s+[0-9a-f]{16}/);
    const value = JSON.parse((await run('experiment', 'show', 'my-data', '--json')).stdout);
    assert.equal(value.schema, 'tearless.experiment/v1');
    assert.deepEqual(
      value.relays.map(({ id, arm, samples }: { id: string; arm: string; samples: number }) => [id, arm, samples]),
      [
        ['one', 'A', 1],
        ['two', 'Z', 2],
      ],
    );
  });

  it('complete its name', async () => {
    assert.match((await run('complete', '--', 'experiment', 'show', 'my')).stdout, /^my-data\t/m);
  });

  it('ask before it is removed, and refuse where nobody can be asked', async () => {
    assert.equal((await run('experiment', 'remove', 'my-data')).exitCode, 5);
    const kept = await typing('n\n', 'experiment', 'remove', 'my-data');
    assert.match(kept.stderr, /remove my-data with 3 samples of 1 source\?/);
    assert.match((await run('experiment', 'ls')).stdout, /my-data/);
    await typing('y\n', 'experiment', 'remove', 'my-data');
    assert.match((await run('experiment', 'ls')).stdout, /no experiments yet/);
    const gone = await run('experiment', 'show', 'my-data');
    assert.equal(gone.exitCode, 1);
    assert.match(gone.stderr, /experiment-unknown/);
  });
});
