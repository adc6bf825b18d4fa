// The older form: what is exported and imported again is the same.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Measurements } from '../model/measurements.ts';
import { type BuiltRelay, buildMeasurements } from '../testing/build-measurements.ts';
import { importAndLoad, loadPublished, memoryFolder } from '../testing/memory-folder.ts';
import { exportCsv } from './export-csv.ts';

const startMs = Date.UTC(2026, 0, 1);
const again = (measurements: Measurements): Promise<Measurements> =>
  importAndLoad(memoryFolder({ 'memory_measurements.csv': `${[...exportCsv(measurements)].join('\n')}\n` }));

/** All that the older form can carry. */
const carried = ({ relays, samples, info, snapshots }: Measurements) => ({
  snapshots: [...snapshots],
  relays: relays
    .map(({ nickname, fingerprint }, index) => {
      const own = samples[index];
      return {
        nickname,
        fingerprint,
        atMs: [...(own?.atMs ?? [])],
        rss: [...(own?.rssKib ?? [])],
        virtual: [...(own?.virtualKib ?? [])],
        peak: [...(own?.peakKib ?? [])],
        arm: [...(own?.arm ?? [])].map((label) => info.arms[label]?.id),
      };
    })
    .filter(({ atMs }) => atMs.length > 0)
    .sort((a, b) => (a.nickname < b.nickname ? -1 : 1)),
});

const kib = fc.integer({ min: 1, max: 2 ** 32 - 2 });
const relay = (index: number): fc.Arbitrary<BuiltRelay> =>
  fc
    .record({
      instants: fc.uniqueArray(fc.nat(20), { maxLength: 8 }),
      figures: fc.array(fc.tuple(kib, fc.option(kib, { nil: undefined }), fc.option(kib, { nil: undefined })), {
        minLength: 8,
        maxLength: 8,
      }),
      labels: fc.array(fc.constantFrom('A', 'B, "b"', undefined), { minLength: 8, maxLength: 8 }),
      print: fc.option(fc.constantFrom('A', 'B'), { nil: undefined }),
      fractionMs: fc.constantFrom(0, 125),
    })
    .map(({ instants, figures, labels, print, fractionMs }) => ({
      id: `relay${index}`,
      ...(print === undefined ? {} : { fingerprint: `${print}${index}`.padEnd(40, '0') }),
      atMs: instants.sort((a, b) => a - b).map((at) => startMs + at * 60_000 + fractionMs),
      rssKib: figures.map(([rss]) => rss).slice(0, instants.length),
      virtualKib: figures.map(([, virtual]) => virtual).slice(0, instants.length),
      peakKib: figures.map(([, , peak]) => peak).slice(0, instants.length),
      labels: labels.slice(0, instants.length),
    }));

describe('measurements in the older form', () => {
  it('come back as they were', async () => {
    const fleet = fc
      .integer({ min: 1, max: 4 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => relay(index))));
    await fc.assert(
      fc.asyncProperty(fleet, async (relays) => {
        const measurements = buildMeasurements({ relays });
        if (measurements.snapshots.length === 0) return;
        const back = await again(measurements);
        assert.deepEqual(carried(back), carried(measurements));
        assert.deepEqual(
          back.problems.filter(({ code }) => code !== 'empty-fingerprint'),
          [],
        );
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it('come back as they were published, servers and rows over all relays included', async () => {
    const published = await loadPublished();
    const back = await again(published);
    const known = new Map(published.relays.map(({ nickname, fingerprint }) => [nickname, fingerprint]));
    assert.deepEqual(
      back.relays.filter(({ nickname, fingerprint }) => fingerprint !== known.get(nickname)),
      [],
    );
    assert.deepEqual(carried(back), carried(published));
    assert.deepEqual(back.aggregates, published.aggregates);
    assert.deepEqual(
      back.servers.map(({ rows: _, ...span }) => span),
      published.servers.map(({ rows: _, ...span }) => span),
    );
  });

  it('have a row over all relays of each host that was collected from', () => {
    const measurements = buildMeasurements({
      relays: ['h1/one', 'h1/two', 'h2/one'].map((id, index) => ({
        id,
        nickname: id.slice(3),
        atMs: [startMs],
        rssKib: [100 * (index + 1)],
        virtualKib: [500],
      })),
    });
    assert.deepEqual([...exportCsv(measurements)].slice(1), [
      '2026-01-01T00:00:00,h1,aggregate,,,,,,,,2,300,150,100,200',
      '2026-01-01T00:00:00,h2,aggregate,,,,,,,,1,300,300,300,300',
      '2026-01-01T00:00:00,h1,relay,,one,,100,500,100,5.00,,,,,',
      '2026-01-01T00:00:00,h1,relay,,two,,200,500,200,2.50,,,,,',
      '2026-01-01T00:00:00,h2,relay,,one,,300,500,300,1.67,,,,,',
    ]);
  });
});
