// Folders as they are found: every form and every oddity, each in a few rows. What is wrong is told with its line.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openStore, type Store } from '../../store/store.ts';
import { loadMeasurements } from '../load/load-measurements.ts';
import type { ImportProblem } from '../model/import-problem.ts';
import { type Measurements, missingKib, noArm } from '../model/measurements.ts';
import { importAndLoad, memoryFolder, standingClock } from '../testing/memory-folder.ts';
import { importFolder } from './import-folder.ts';

const header =
  'timestamp,server,type,fingerprint,nickname,group,rss_kb,vmsize_kb,hwm_kb,frag_ratio,count,total_kb,avg_kb,min_kb,max_kb';
const fingerprint = (digit: string): string => digit.repeat(40);
const row = (time: string, nickname: string, rss: number | string, group = 'A', print = ''): string =>
  `${time},host,relay,${print},${nickname},${group},${rss},2000000,${rss},1.50,,,,,`;
const memory = (...rows: readonly string[]): string => [header, ...rows, ''].join('\n');
const t0 = '2026-01-01T00:00:00';
const t1 = '2026-01-01T06:00:00';
const atMs = Date.UTC(2026, 0, 1);

const load = (files: Readonly<Record<string, string | Uint8Array>>, options = {}): Promise<Measurements> =>
  importAndLoad(memoryFolder(files), options);
const loadRows = (...rows: readonly string[]): Promise<Measurements> =>
  load({ 'memory_measurements.csv': memory(...rows) });
const told = ({ problems }: Measurements, code: ImportProblem['code']) =>
  problems.filter((problem) => problem.code === code);
const rssOf = ({ relays, samples }: Measurements, id: string): number[] => [
  ...(samples[relays.findIndex((relay) => relay.id === id)]?.rssKib ?? []),
];

describe('forms of files', () => {
  it('the older form without group, with members in plain lists of nicknames', async () => {
    const older = [
      'timestamp,server,type,fingerprint,nickname,rss_kb,vmsize_kb,hwm_kb,frag_ratio,count,total_kb,avg_kb,min_kb,max_kb',
      `${t0},host,aggregate,,,,,,,2,300,150,100,200`,
      `${t0},host,relay,,one,100,1000,100,10,,,,,`,
      `${t0},host,relay,,two,200,1000,200,5,,,,,`,
      '',
    ].join('\n');
    const measurements = await load({
      'memory_measurements.csv': older,
      'groups/A.txt': '# first arm\none\n',
      'group_B.txt': 'two\nmissing\n',
    });
    assert.deepEqual(
      measurements.relays.map(({ id, arm }) => [id, arm]),
      [
        ['two', 'B'],
        ['missing', 'B'],
        ['one', 'A'],
      ],
    );
    assert.deepEqual(rssOf(measurements, 'one'), [100]);
    assert.equal(measurements.samples[measurements.relays.findIndex(({ id }) => id === 'one')]?.arm[0], noArm);
    assert.deepEqual(measurements.aggregates, [{ atMs, server: 'host', relays: 2, totalKib: 300 }]);
  });

  it('the older form of the list of relays gives arms their settings', async () => {
    const measurements = await load({
      'memory_measurements.csv': memory(row(t0, 'one', 100, '')),
      'relay_config.csv': `fingerprint,nickname,group,dircache,maxmem,notes\n${fingerprint('A')},one,X,0,2GB,\n`,
    });
    assert.deepEqual(measurements.info.arms, [{ id: 'X', name: 'X', config: { dircache: '0', maxmem: '2GB' } }]);
    assert.equal(measurements.relays[0]?.fingerprint, fingerprint('A'));
    assert.equal(measurements.relays[0]?.arm, 'X');
  });

  it('months of rows over all relays only', async () => {
    const measurements = await load({
      'memory_measurements.csv': `timestamp,server,count,total_kb,avg_kb\n${t0},host,100,1000,10\n${t1},host,99,990,10\n`,
    });
    assert.deepEqual(
      measurements.aggregates.map(({ relays }) => relays),
      [100, 99],
    );
    assert.equal(measurements.relays.length, 0);
    assert.deepEqual([...measurements.snapshots], [atMs, atMs + 6 * 3_600_000]);
    assert.equal(measurements.servers[0]?.rows, 2);
  });

  it('columns in any order, under a name of its own', async () => {
    const measurements = await load({ 'whatever.csv': `RSS_KB,Nickname,timestamp\n100,one,${t0}\n` });
    assert.deepEqual(rssOf(measurements, 'one'), [100]);
    assert.equal(measurements.samples[0]?.virtualKib[0], missingKib);
  });

  for (const [name, delimiter] of [
    ['semicolons', ';'],
    ['tabs', '\t'],
  ] as const)
    it(`${name} between fields`, async () => {
      const text = memory(row(t0, 'one', 100)).replaceAll(',', delimiter);
      assert.deepEqual(rssOf(await load({ 'memory_measurements.csv': text }), 'one'), [100]);
    });

  it('a byte order mark, CRLF and quoted fields, also with a delimiter or a line’s end inside', async () => {
    const text = `\uFEFF${[header, row(t0, '"one"', '"100"'), ''].join('\r\n')}`;
    assert.deepEqual(rssOf(await load({ 'memory_measurements.csv': text }), 'one'), [100]);
    const config = 'fingerprint,nickname,group,allocator,config,notes\n,one,A,jemalloc,,"two lines,\nand a ""word"""\n';
    const { info } = await load({ 'memory_measurements.csv': memory(row(t0, 'one', 1)), 'relay_config.csv': config });
    assert.equal(info.arms[0]?.config.notes, 'two lines, and a "word"');
  });

  it('UTF-16 with its mark', async () => {
    const text = Buffer.from(`\uFEFF${memory(row(t0, 'one', 100))}`, 'utf16le');
    assert.deepEqual(rssOf(await load({ 'memory_measurements.csv': text }), 'one'), [100]);
  });

  it('events as a table, as lines and as JSON, with and without a zone', async () => {
    const measurements = await load({
      'memory_measurements.csv': memory(row(t0, 'one', 100)),
      'events.csv': `timestamp,event,nickname,description\n${t0},restart,one,by hand\n2026-01-01T01:00:00+01:00,arm-added,,all\n`,
      'my-events.log': `[${t1}] moved the host\nnothing\n`,
      'events.json': JSON.stringify([{ time: '2026-01-02T00:00:00Z', type: 'restart', relays: ['one', 'two'] }]),
    });
    assert.deepEqual(
      measurements.events.map(({ atMs: at, kind, relays, zoned }) => [at - atMs, kind, relays, zoned]),
      [
        [0, 'restart', ['one'], false],
        [0, 'arm-added', [], true],
        [6 * 3_600_000, 'note', [], false],
        [24 * 3_600_000, 'restart', ['one', 'two'], true],
      ],
    );
    assert.equal(told(measurements, 'mixed-zones')[0]?.file, 'events.csv');
    assert.deepEqual(
      told(measurements, 'bad-row').map(({ file, line }) => [file, line]),
      [['my-events.log', 2]],
    );
  });
});

describe('rows that are wrong', () => {
  for (const [name, bad, words] of [
    ['a time that is none', row('yesterday', 'two', 1), /'yesterday' is no time/],
    ['a day that is none', row('2026-02-30T00:00:00', 'two', 1), /is no time/],
    ['a year that cannot be', row('1026-01-01T00:00:00', 'two', 1), /is no time/],
    ['a negative figure', row(t0, 'two', -5), /'-5' is no number of KiB.*rss_kb/],
    ['a figure that no machine has', row(t0, 'two', 99999999999), /is no number of KiB/],
    ['zero', row(t0, 'two', 0), /is no number of KiB/],
    ['words', row(t0, 'two', 'n/a'), /'n\/a' is no number/],
    ['hexadecimal', row(t0, 'two', '0x10'), /is no number/],
    ['no figure at all', `${t0},host,relay,,two,A,,,,,,,,,`, /holds no figure/],
    ['too few fields', `${t0},host,relay,,two`, /5 fields where the header has 15/],
    ['too many fields', `${row(t0, 'two', 1)},`, /16 fields/],
    ['a fingerprint that is none', row(t0, 'two', 1, 'A', 'ABC'), /'ABC' is no fingerprint/],
    ['no relay', row(t0, '', 1), /names no relay/],
    ['a type that is none', row(t0, 'two', 1).replace(',relay,', ',total,'), /the type 'total'/],
    ['an aggregate without figures', `${t0},host,aggregate,,,,,,,,,,,,`, /needs count and total_kb/],
    ['a quote that is never closed', `"${row(t0, 'two', 1)}`, /never closed/],
    ['the header again', header, /the first line again/],
    ['controls that would garble a terminal', row(t0, 'two\u001b[31m', 1), /is no nickname/],
  ] as const)
    it(`${name}: left out, counted, told with its line; the others stay`, async () => {
      const measurements = await loadRows(row(t0, 'one', 100), bad, row(t1, 'one', 200));
      assert.deepEqual(rssOf(measurements, 'one'), [100, 200]);
      assert.equal(measurements.relays.length, 1);
      const [problem, ...more] = told(measurements, 'bad-row');
      assert.equal(more.length, 0);
      assert.equal(problem?.line, 3);
      assert.equal(problem?.file, 'memory_measurements.csv');
      assert.match(problem?.message ?? '', words);
      assert.doesNotMatch(problem?.message ?? '', /\p{Cc}/u);
    });

  it('a last line that was cut off', async () => {
    const text = memory(row(t0, 'one', 100), row(t1, 'one', 200)).slice(0, -15);
    const measurements = await load({ 'memory_measurements.csv': text });
    assert.deepEqual(rssOf(measurements, 'one'), [100]);
    assert.equal(told(measurements, 'bad-row')[0]?.line, 3);
  });

  it('a last line without its end is a row', async () => {
    const text = memory(row(t0, 'one', 100), row(t1, 'one', 200)).slice(0, -1);
    assert.deepEqual(rssOf(await load({ 'memory_measurements.csv': text }), 'one'), [100, 200]);
  });

  it('more than are kept as examples are counted exactly, relay by relay', async () => {
    const rows = Array.from({ length: 500 }, (_, index) => row(t0, index % 2 === 0 ? 'one' : 'two', 100 + index));
    const twice = told(await loadRows(...rows), 'duplicate-row');
    assert.equal(twice.filter(({ line }) => line !== undefined).length, 200);
    assert.equal(
      twice.reduce((sum, { rows: counted }) => sum + counted, 0),
      498,
    );
    const rest = twice.filter(({ line }) => line === undefined);
    assert.deepEqual(new Set(rest.map(({ relay }) => relay)), new Set(['one', 'two']));
  });

  it('the same relay at the same instant: the first is kept, both lines are told, and whether they say the same', async () => {
    const measurements = await loadRows(
      row(t0, 'one', 100),
      row(t0, 'one', 100),
      row(t0, 'one', 300),
      row(t1, 'one', 5),
    );
    assert.deepEqual(rssOf(measurements, 'one'), [100, 5]);
    assert.deepEqual(
      told(measurements, 'duplicate-row').map(({ line, same, relay, atMs: at }) => [line, same, relay, at]),
      [
        [3, true, 'one', atMs],
        [4, false, 'one', atMs],
      ],
    );
  });

  it('rows out of order are put in order', async () => {
    const measurements = await loadRows(row(t1, 'one', 200), row(t0, 'one', 100), row(t1, 'one', 300));
    assert.deepEqual(rssOf(measurements, 'one'), [100, 200]);
    assert.equal(told(measurements, 'duplicate-row')[0]?.line, 4);
  });

  it('empty fingerprints are told once, with how many', async () => {
    const [problem] = told(await loadRows(row(t0, 'one', 100), row(t1, 'one', 100)), 'empty-fingerprint');
    assert.equal(problem?.rows, 2);
    assert.equal(problem?.line, 2);
  });

  it('columns that mean nothing are told', async () => {
    const measurements = await load({
      'memory_measurements.csv': `timestamp,nickname,rss_kb,colour,rss_kb,flags,total_kb\n${t0},one,100,red,7,Guard,\n`,
    });
    assert.deepEqual(rssOf(measurements, 'one'), [100]);
    assert.deepEqual(
      told(measurements, 'unknown-column').map(({ message }) => message),
      ['the column colour is not read', 'the column rss_kb is not read', 'the column flags is not read'],
    );
  });
});

describe('relays', () => {
  it('are told by nickname, and get the fingerprint that another file knows', async () => {
    const measurements = await load({
      'memory_measurements.csv': memory(row(t0, 'one', 100)),
      'relay_config.csv': `fingerprint,nickname,group\n${fingerprint('a')},one,A\n`,
    });
    assert.deepEqual(measurements.relays, [{ id: 'one', nickname: 'one', fingerprint: fingerprint('A'), arm: 'A' }]);
  });

  it('that share a nickname are told by fingerprint', async () => {
    const measurements = await loadRows(
      row(t0, 'one', 100, 'A', fingerprint('A')),
      row(t0, 'one', 200, 'B', fingerprint('B')),
      row(t0, 'one', 300, 'B', fingerprint('B')),
    );
    assert.deepEqual(
      measurements.relays.map(({ id, arm }) => [id, arm]),
      [
        ['one~AAAAAAAA', 'A'],
        ['one~BBBBBBBB', 'B'],
      ],
    );
    assert.equal(told(measurements, 'duplicate-row')[0]?.relay, 'one~BBBBBBBB');
  });

  it('without a nickname go by their fingerprint', async () => {
    const measurements = await loadRows(row(t0, '', 100, 'A', fingerprint('C')));
    assert.equal(measurements.relays[0]?.id, fingerprint('C'));
  });

  it('of an arm without measurements, and with one sample, are there', async () => {
    const measurements = await load({
      'memory_measurements.csv': memory(row(t0, 'one', 100)),
      'relay_config.csv': 'fingerprint,nickname,group\n,one,A\n,two,B\n',
      'experiment.json': JSON.stringify({ groups: { A: {}, B: {}, C: { name: 'nobody' } } }),
    });
    assert.deepEqual(
      measurements.info.arms.map(({ id }) => id),
      ['A', 'B', 'C'],
    );
    assert.deepEqual(
      measurements.samples.map(({ atMs: at }) => at.length),
      [1, 0],
    );
  });
});

describe('times', () => {
  it('without a zone are read as UTC, and the experiment says so', async () => {
    const measurements = await loadRows(row(t0, 'one', 100));
    assert.equal(measurements.info.timeZone, 'naive');
    assert.equal(measurements.snapshots[0], atMs);
  });

  it('without a zone are local where the caller knows the zone', async () => {
    const files = { 'memory_measurements.csv': memory(row('2026-07-01T02:00:00', 'one', 100), row(t0, 'one', 100)) };
    const measurements = await load(files, { timeZone: 'Europe/Berlin' });
    assert.equal(measurements.info.timeZone, 'utc');
    assert.deepEqual([...measurements.snapshots], [atMs - 3_600_000, Date.UTC(2026, 6, 1)]);
  });

  it('that mix both kinds in one file are reported', async () => {
    const measurements = await loadRows(row(t0, 'one', 100), row(`${t1}Z`, 'one', 200), row('1767300000', 'one', 300));
    const [problem] = told(measurements, 'mixed-zones');
    assert.match(problem?.message ?? '', /2 times carry a time zone and 1 do not/);
    assert.equal(measurements.samples[0]?.atMs.length, 3);
  });
});

describe('the control arm', () => {
  const named = (groups: Readonly<Record<string, unknown>>) => ({
    'memory_measurements.csv': memory(row(t0, 'one', 100)),
    'experiment.json': JSON.stringify({ groups }),
  });

  for (const [name, groups, control] of [
    ['called control', { A: { name: 'x' }, B: { name: 'Control' } }, 'B'],
    [
      'that got nothing',
      {
        A: { config: { allocator: 'jemalloc' } },
        B: { config: { allocator: 'glibc', notes: 'No modifications' } },
        Z: { config: { allocator: 'glibc', restart_interval: '24h' } },
      },
      'B',
    ],
    ['Z where nothing else tells', { A: {}, Z: {} }, 'Z'],
    ['nobody where two could be', { A: { name: 'control' }, B: { name: 'baseline' } }, undefined],
  ] as const)
    it(`is the one ${name}`, async () => {
      assert.equal((await load(named(groups))).info.control, control);
    });

  it('is the one that the caller names', async () => {
    assert.equal((await load(named({ A: {}, Z: {} }), { control: 'A' })).info.control, 'A');
    await assert.rejects(load(named({ A: {}, Z: {} }), { control: 'Q' }), {
      code: 'import-control',
      hint: 'one of A, Z',
    });
  });
});

describe('files that cannot be used', () => {
  const importing = async (files: Readonly<Record<string, string>>, store?: Store) => {
    if (store !== undefined) return importFolder(memoryFolder(files), store, { clock: standingClock });
    await using own = await openStore(':memory:');
    return await importFolder(memoryFolder(files), own, { clock: standingClock });
  };

  it('a main file without a column: named with what is missing and what was found, nothing imported', async () => {
    await using store = await openStore(':memory:');
    await assert.rejects(
      importing(
        {
          'memory_measurements.csv': `timestamp,server,rss_kb\n${t0},host,1\n`,
          'experiment.json': '{"id":"x","groups":{}}',
        },
        store,
      ),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'import-missing-columns');
        assert.match(error.message, /memory_measurements\.csv .*lacks nickname or fingerprint or count/);
        assert.match(error.message, /timestamp, server, rss_kb/);
        return true;
      },
    );
    await assert.rejects(loadMeasurements(store, 'x'), { code: 'experiment-unknown' });
  });

  it('a broken experiment.json', async () => {
    const files = { 'memory_measurements.csv': memory(row(t0, 'one', 100)), 'experiment.json': '{"id":' };
    await assert.rejects(importing(files), { code: 'import-unreadable', subject: 'experiment.json' });
    await assert.rejects(importing({ ...files, 'experiment.json': '{"groups":{"A":{"added":"soon"}}}' }), {
      message: /groups\.A\.added: 'soon' is no time/,
    });
  });

  it('an empty file, an empty folder, a folder of something else', async () => {
    await assert.rejects(importing({ 'memory_measurements.csv': '' }), { code: 'import-unreadable' });
    await assert.rejects(importing({}), { code: 'import-nothing' });
    await assert.rejects(importing({ 'README.md': 'hello' }), { code: 'import-nothing' });
  });

  it('another table is told and left out', async () => {
    const measurements = await load({
      'memory_measurements.csv': memory(row(t0, 'one', 100)),
      'prices.csv': 'what,price\nbread,3\n',
      'README.md': '# hello',
    });
    const [problem] = told(measurements, 'unreadable-file');
    assert.equal(problem?.file, 'prices.csv');
    assert.match(problem?.message ?? '', /no table that is known has the columns what, price/);
  });

  it('a name that no experiment can have, a zone that there is not', async () => {
    const folder = memoryFolder({ 'memory_measurements.csv': memory(row(t0, 'one', 100)) });
    await using store = await openStore(':memory:');
    const options = { clock: standingClock };
    await assert.rejects(importFolder(folder, store, { ...options, id: 'a/b' }), { code: 'import-name' });
    await assert.rejects(importFolder(folder, store, { ...options, timeZone: 'Mars' }), { code: 'import-time-zone' });
  });
});
