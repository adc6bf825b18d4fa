// Whatever a file holds: each of its rows is kept, or told as a duplicate or as bad. None disappears, and no figure is NaN.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openStore } from '../../store/store.ts';
import { loadMeasurements } from '../load/load-measurements.ts';
import { missingKib } from '../model/measurements.ts';
import { memoryFolder, standingClock } from '../testing/memory-folder.ts';
import { importFolder } from './import-folder.ts';

const header =
  'timestamp,server,type,fingerprint,nickname,group,rss_kb,vmsize_kb,hwm_kb,frag_ratio,count,total_kb,avg_kb,min_kb,max_kb';
const lines = Array.from({ length: 12 }, (_, index) => {
  const time = `2026-01-0${1 + (index >> 2)}T0${index % 3}:00:00`;
  return index % 4 === 0
    ? `${time},co,aggregate,,,,,,,,3,300,100,90,110`
    : `${time},co,relay,,name${index % 4},A,${100 + index},500,120,1.50,,,,,`;
});

/** A change at a place: so many characters replaced by that. */
const damage = fc.record({
  at: fc.nat(lines.join('\n').length),
  gone: fc.nat(30),
  put: fc.oneof(
    fc.constantFrom(
      '',
      '\n',
      '\r\n',
      ',',
      '-',
      '.',
      'e',
      'Z',
      '+02:00',
      '\t',
      ';',
      '\u0000',
      'é',
      lines[1] ?? '',
      header,
    ),
    fc.string({ maxLength: 5 }).map((text) => text.replaceAll('"', "'")),
  ),
});

describe('rows of a damaged file', () => {
  it('are kept or told, each of them', async () => {
    await using store = await openStore(':memory:');
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { maxLength: 5 }), async (changes) => {
        const body = changes.reduce(
          (text, { at, gone, put }) => text.slice(0, at) + put + text.slice(at + gone),
          `${lines.join('\n')}\n`,
        );
        const folder = memoryFolder({ 'memory_measurements.csv': `${header}\n${body}` });
        await importFolder(folder, store, { id: 'x', clock: standingClock });
        const measurements = await loadMeasurements(store, 'x');
        const { samples, aggregates, problems, snapshots } = measurements;
        const told = problems
          .filter(({ code }) => code === 'bad-row' || code === 'duplicate-row')
          .reduce((sum, { rows }) => sum + rows, 0);
        const kept = samples.reduce((sum, { atMs }) => sum + atMs.length, 0);
        const rows = body.split(/\r\n|\n|\r/).filter((line) => line !== '').length;
        assert.equal(kept + aggregates.length + told, rows);
        assert.ok(snapshots.every((atMs) => Number.isFinite(atMs)));
        for (const { atMs, rssKib, virtualKib, peakKib } of samples)
          for (let index = 0; index < atMs.length; index += 1) {
            assert.ok(index === 0 || (atMs[index] ?? 0) > (atMs[index - 1] ?? 0));
            for (const kib of [rssKib[index], virtualKib[index], peakKib[index]])
              assert.ok(kib === missingKib || (kib ?? 0) > 0);
          }
        for (const { relays, totalKib } of aggregates) assert.ok(relays >= 0 && Number.isFinite(totalKib));
      }),
      { seed: 41, numRuns: 300 },
    );
  });
});
