// The import of an experiment as it was published: every row is accounted for.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openStore } from '../../store/store.ts';
import { loadMeasurements } from '../load/load-measurements.ts';
import { noArm } from '../model/measurements.ts';
import { publishedFolder, standingClock } from '../testing/memory-folder.ts';
import { importFolder } from './import-folder.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

describe('the import of a published experiment', async () => {
  await using store = await openStore(':memory:');
  const folder = publishedFolder();
  const result = await importFolder(folder, store, { clock: standingClock });
  const measurements = await loadMeasurements(store, result.id);

  it('is named as the experiment names itself, and reads all files that are of it', async () => {
    assert.equal(result.id, '2025-12-26-co-unified-memory-test');
    assert.equal((await folder.list()).length, 5);
    assert.deepEqual(
      result.files.map(({ name, kind, rows }) => [name, kind, rows]),
      [
        ['bandwidth_measurements.csv', 'traffic', 6390],
        ['experiment.json', 'manifest', 1],
        ['memory_measurements.csv', 'memory', 8321],
        ['relay_config.csv', 'relay-config', 100],
      ],
    );
    assert.deepEqual(result.ignored, ['LICENSE.Apache-2.0.txt']);
  });

  it('accounts for every row of memory: kept, an aggregate, or a duplicate', () => {
    const kept = sum(measurements.samples.map(({ atMs }) => atMs.length));
    const duplicates = sum(
      measurements.problems
        .filter(({ code, file }) => code === 'duplicate-row' && file === 'memory_measurements.csv')
        .map(({ rows }) => rows),
    );
    assert.equal(measurements.aggregates.length, 59);
    assert.equal(measurements.snapshots.length, 59);
    assert.equal(kept + duplicates + measurements.aggregates.length, 8321);
  });

  it('names the nickname that stands twice in each snapshot, with both lines', () => {
    const twice = measurements.problems.filter(
      ({ code, file }) => code === 'duplicate-row' && file === 'memory_measurements.csv',
    );
    assert.deepEqual(new Set(twice.map(({ relay }) => relay)), new Set(['estgee']));
    assert.equal(twice.length, 59);
    assert.equal(twice[0]?.line, 47);
    assert.match(twice[0]?.message ?? '', /line 44 already, with other figures/);
    assert.equal(twice[0]?.same, false);
  });

  it('counts all duplicates of traffic exactly, though only the first are kept', () => {
    const twice = measurements.problems.filter(
      ({ code, file }) => code === 'duplicate-row' && file === 'bandwidth_measurements.csv',
    );
    assert.equal(sum(twice.map(({ rows }) => rows)), 2829);
    assert.equal(twice.filter(({ line }) => line !== undefined).length, 200);
    assert.equal(sum(measurements.traffic.map(({ atMs }) => atMs.length)) + 2829, 6390);
  });

  it('knows arms, control, fingerprints and the zone that nobody wrote', () => {
    const { info, relays } = measurements;
    assert.equal(info.arms.length, 10);
    assert.equal(info.control, 'Z');
    assert.equal(info.timeZone, 'naive');
    assert.equal(info.torVersion, '0.4.8.21');
    assert.deepEqual(info.assignment, { method: 'unknown' });
    assert.equal(info.arms.find(({ id }) => id === 'I')?.addedMs, Date.UTC(2026, 0, 2));
    assert.equal(relays.length, 142);
    assert.equal(relays.filter(({ fingerprint }) => fingerprint !== undefined).length, 100);
    assert.equal(relays.filter(({ arm }) => arm !== undefined).length, 100);
    const labelled = sum(measurements.samples.map(({ arm }) => arm.filter((label) => label !== noArm).length));
    assert.equal(labelled, 5514 - 59, 'rows with a group, without those of the nickname that comes twice');
  });

  it('sees the server change its name', () => {
    assert.deepEqual(
      measurements.servers.map(({ server, rows }) => [server, rows]),
      [
        ['co', 5285 + 38],
        ['closedopen', 2977 + 21],
      ],
    );
    const [before, after] = measurements.servers;
    assert.ok((before?.toMs ?? 0) < (after?.fromMs ?? 0));
  });

  it('reads flags where they are filled', () => {
    const instants = new Set(measurements.flags.flat().map(({ atMs }) => new Date(atMs).toISOString().slice(0, 16)));
    assert.deepEqual([...instants].sort(), ['2025-12-31T16:35', '2026-01-05T20:28']);
    const first = measurements.relays.findIndex(({ id }) => id === '22gz');
    assert.deepEqual(measurements.flags[first]?.[0]?.flags, ['Fast', 'Running', 'Stable', 'Valid']);
    assert.equal(measurements.flags[first]?.[0]?.running, true);
  });
});
