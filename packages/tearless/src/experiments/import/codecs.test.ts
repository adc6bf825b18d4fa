// Lines, records and times: the same whatever the chunks are, and as papaparse and the calendar have them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import Papa from 'papaparse';
import { missingKib } from '../model/measurements.ts';
import { RecordReader } from './csv-records.ts';
import { readAmount, readFingerprint, readKib, unreadable } from './fields.ts';
import { InstantReader } from './instant.ts';
import { LineSplitter, longestLine } from './text-lines.ts';

const splitAt = (bytes: Uint8Array, cuts: readonly number[]): string[] => {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const to = Math.max(from, cut % (bytes.length + 1));
    lines.push(...splitter.push(bytes.subarray(from, to)));
    from = to;
  }
  lines.push(...splitter.push(bytes.subarray(from)));
  lines.push(...splitter.end());
  return lines;
};

const readRecords = (lines: readonly string[], delimiter = ',') => {
  const records: string[][] = [];
  const broken: number[] = [];
  const numbers: number[] = [];
  const reader = new RecordReader(delimiter, {
    record: (fields, line) => {
      records.push([...fields]);
      numbers.push(line);
    },
    broken: (line) => broken.push(line),
  });
  reader.feed(lines);
  reader.end();
  return { records, broken, numbers };
};

const awkward = fc
  .array(fc.constantFrom('a', 'é', '😀', '\n', '\r\n', '\r', ',', '"', '', ' '), { maxLength: 40 })
  .map((parts) => parts.join(''));

describe('lines', () => {
  it('are the same wherever the bytes are cut', () => {
    fc.assert(
      fc.property(awkward, fc.array(fc.nat(200), { maxLength: 6 }), fc.boolean(), (text, cuts, mark) => {
        const bytes = Buffer.from(mark ? `\uFEFF${text}` : text);
        const lines = text.split(/\r\n|\n|\r/);
        if (lines.at(-1) === '') lines.pop();
        assert.deepEqual(splitAt(bytes, cuts), lines);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('that are too long come cut, and the next ones whole', () => {
    const bytes = Buffer.from(`a\n${'x'.repeat(3 * longestLine)}\nb\n`);
    for (const cuts of [[], [1000, 70_000, 140_000], [196_610]]) {
      const lines = splitAt(bytes, cuts);
      assert.deepEqual([lines[0], lines[1]?.length, lines[2]], ['a', longestLine + 1, 'b']);
      assert.deepEqual(readRecords(lines).broken, [2]);
    }
  });
});

describe('records', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '1', ' ', ',', ';', '"', '\n', 'é'), maxLength: 8 });

  it('are the fields that were written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 8 }),
        fc.constantFrom(',', ';', '\t'),
        (rows, delimiter) => {
          const text = Papa.unparse(rows, { delimiter, newline: '\n', quotes: rows.length % 2 === 0 });
          const { records, broken } = readRecords(text === '' ? [] : text.split('\n'), delimiter);
          assert.deepEqual(records, rows);
          assert.deepEqual(broken, []);
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });

  it('keep their line numbers behind fields of several lines', () => {
    const { numbers, records } = readRecords(['h,i', '"a', 'b",c', 'd,e']);
    assert.deepEqual(numbers, [1, 2, 4]);
    assert.deepEqual(records[1], ['a\nb', 'c']);
  });

  it('a quote that is never closed costs its own line only', () => {
    const lines = ['a,b', '"never,closed', ...Array.from({ length: 80 }, (_, index) => `${index},x`)];
    const { records, broken } = readRecords(lines);
    assert.deepEqual(broken, [2]);
    assert.equal(records.length, 81);
  });

  it('never take text for something else than a record or a broken line', () => {
    fc.assert(
      fc.property(awkward, (text) => {
        const lines = text.split(/\r\n|\n|\r/);
        const { numbers, broken } = readRecords(lines);
        for (const line of [...numbers, ...broken]) assert.ok(line >= 1 && line <= lines.length);
        assert.equal(new Set([...numbers, ...broken]).size, numbers.length + broken.length);
      }),
      { seed: 13, numRuns: 500 },
    );
  });
});

describe('times', () => {
  const cases: readonly (readonly [string, number, boolean])[] = [
    ['2025-12-26T08:39:37', Date.UTC(2025, 11, 26, 8, 39, 37), false],
    ['2025-12-26 08:39:37', Date.UTC(2025, 11, 26, 8, 39, 37), false],
    ['2025-12-26T08:39', Date.UTC(2025, 11, 26, 8, 39), false],
    ['2025-12-26', Date.UTC(2025, 11, 26), false],
    ['2025/12/26 08:39:37', Date.UTC(2025, 11, 26, 8, 39, 37), false],
    ['2025-12-31T16:35:23.044668', Date.UTC(2025, 11, 31, 16, 35, 23, 44), false],
    ['2025-12-26T08:39:37Z', Date.UTC(2025, 11, 26, 8, 39, 37), true],
    ['2025-12-26T08:39:37.5+01:00', Date.UTC(2025, 11, 26, 7, 39, 37, 500), true],
    ['2025-12-26T08:39:37-0530', Date.UTC(2025, 11, 26, 14, 9, 37), true],
    ['2025-12-26 08:39:37 UTC', Date.UTC(2025, 11, 26, 8, 39, 37), true],
    ['1766738377', Date.UTC(2025, 11, 26, 8, 39, 37), true],
    ['1766738377000', Date.UTC(2025, 11, 26, 8, 39, 37), true],
  ];
  for (const [text, atMs, zoned] of cases)
    it(text, () => {
      const reader = new InstantReader();
      assert.equal(reader.read(text), atMs);
      assert.equal(reader.zoned, zoned);
      assert.equal(reader.read(text), atMs, 'again');
    });

  for (const text of [
    '',
    'now',
    '2025-13-01T00:00:00',
    '2025-02-29T00:00:00',
    '2025-01-01T24:00:00',
    '2025-01-01T00:60:00',
    '25-01-01',
    '1999-12-31T23:59:59',
    '2101-01-01',
    '2025-12-26X08:39:37',
  ])
    it(`${text === '' ? 'nothing' : text} is none`, () => assert.ok(Number.isNaN(new InstantReader().read(text))));

  it('of a zone: the first of an hour that comes twice, and one that clocks leap over', () => {
    const reader = new InstantReader('Europe/Berlin');
    assert.equal(reader.read('2025-10-26T02:30:00'), Date.UTC(2025, 9, 26, 0, 30));
    assert.equal(reader.read('2025-10-26T03:30:00'), Date.UTC(2025, 9, 26, 2, 30));
    const leapt = reader.read('2025-03-30T02:30:00');
    assert.ok(leapt === Date.UTC(2025, 2, 30, 0, 30) || leapt === Date.UTC(2025, 2, 30, 1, 30));
    assert.equal(reader.read('2025-07-01T12:00:00Z'), Date.UTC(2025, 6, 1, 12), 'a zone that is written wins');
  });

  it('every instant comes back as it was written', () => {
    const reader = new InstantReader();
    const seconds = fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2099, 11, 31) / 1000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const text = new Date(second * 1000).toISOString();
        assert.equal(reader.read(text.slice(0, 19)), second * 1000);
        assert.equal(reader.read(text), second * 1000);
      }),
      { seed: 17, numRuns: 500 },
    );
  });
});

describe('fields', () => {
  it('figures in KiB', () => {
    assert.deepEqual(['', ' ', '1', '233408', ' 7 ', '7.6', '1e3', '4294967294'].map(readKib), [
      missingKib,
      missingKib,
      1,
      233408,
      7,
      8,
      1000,
      4294967294,
    ]);
    for (const text of ['0', '-1', '4294967295', '1e99', 'NaN', 'Infinity', '0x10', '1,000', '1 000', '٣'])
      assert.equal(readKib(text), unreadable, text);
  });

  it('amounts', () => {
    assert.deepEqual(
      [readAmount('0', 5), readAmount('5', 5), readAmount('6', 5), readAmount('-1', 5)],
      [0, 5, unreadable, unreadable],
    );
    assert.ok(Number.isNaN(readAmount('', 5)));
  });

  it('fingerprints', () => {
    assert.equal(readFingerprint(`$${'ab'.repeat(20)}`), 'AB'.repeat(20));
    assert.equal(readFingerprint('ABCD '.repeat(10)), 'ABCD'.repeat(10));
    assert.equal(readFingerprint(''), '');
    assert.equal(readFingerprint('AB'), undefined);
  });
});
