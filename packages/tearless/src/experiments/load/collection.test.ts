// What is collected while an experiment runs: each instant once, put together without a change, coarse where it is old.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLiveBlockHeads } from '../../store/experiment-sources.ts';
import { openStore, type Store } from '../../store/store.ts';
import { noArm, noProof } from '../model/measurements.ts';
import { standingClock as clock } from '../testing/memory-folder.ts';
import { appendSamples, lastCollected, openCollection, recordEvents, recordGap } from './collection.ts';
import { coarsenTraffic } from './compact.ts';
import { declareExperiment, readDeclared } from './declare-experiment.ts';
import { loadMeasurements } from './load-measurements.ts';
import { addExperimentNote, experimentNotes } from './notes.ts';

const startMs = Date.UTC(2026, 0, 1);
const minuteMs = 60_000;
const proof = { allocator: 'jemalloc', path: '/usr/lib/libjemalloc.so.2', buildId: 'ab' };

const sample = (host: string, name: string, rssKib: number, figures = {}) => ({
  relay: { id: `${host}/${name}`, nickname: name },
  rssKib,
  arm: 'A',
  proof,
  figures,
});

const collect = async (store: Store, instants: number, hosts = ['h1']): Promise<void> => {
  for (let index = 0; index < instants; index += 1)
    for (const host of hosts)
      await appendSamples(store, 'x', host, startMs + index * minuteMs, [
        sample(host, 'one', 100 + index, { cpuSeconds: index, readBytes: index * 10 }),
        sample(host, 'two', 200 + index),
      ]);
};

describe('a collection', () => {
  it('keeps what was measured, with proofs, arms and figures', async () => {
    await using store = await openStore(':memory:');
    await openCollection(store, 'x', clock);
    await collect(store, 3, ['h1', 'h2']);
    const { relays, samples, proofs, info, servers, snapshots } = await loadMeasurements(store, 'x');
    assert.deepEqual(
      relays.map(({ id, nickname, arm }) => [id, nickname, arm]),
      [
        ['h1/one', 'one', 'A'],
        ['h1/two', 'two', 'A'],
        ['h2/one', 'one', 'A'],
        ['h2/two', 'two', 'A'],
      ],
    );
    assert.deepEqual([...(samples[2]?.rssKib ?? [])], [100, 101, 102]);
    assert.deepEqual([...(samples[0]?.figures.get('cpuSeconds') ?? [])], [0, 1, 2]);
    assert.ok(samples[1]?.figures.get('cpuSeconds')?.every(Number.isNaN));
    assert.equal(samples[0]?.figures.has('threads'), false);
    assert.deepEqual(proofs, [proof]);
    assert.ok(
      samples.every(({ proof: own, arm }) => own.every((code) => code === 0) && arm.every((code) => code === 0)),
    );
    assert.equal(info.timeZone, 'utc');
    assert.equal(snapshots.length, 3);
    assert.deepEqual(
      servers.map(({ server, rows }) => [server, rows]),
      [
        ['h1', 6],
        ['h2', 6],
      ],
    );
  });

  it('takes an instant of a host once, however often it is told', async () => {
    await using store = await openStore(':memory:');
    await openCollection(store, 'x', clock);
    assert.equal(await appendSamples(store, 'x', 'h1', startMs, [sample('h1', 'one', 1)]), true);
    assert.equal(await appendSamples(store, 'x', 'h1', startMs, [sample('h1', 'one', 2)]), false);
    assert.equal(await appendSamples(store, 'x', 'h1', startMs - minuteMs, [sample('h1', 'one', 3)]), true);
    const { samples } = await loadMeasurements(store, 'x');
    assert.deepEqual([...(samples[0]?.rssKib ?? [])], [3, 1]);
    assert.equal(await lastCollected(store, 'x', 'h1'), startMs);
    assert.equal(await lastCollected(store, 'x', 'h9'), undefined);
  });

  it('puts single instants together, and nobody sees a difference', async () => {
    await using store = await openStore(':memory:');
    await openCollection(store, 'x', clock);
    await collect(store, 127);
    const before = await loadMeasurements(store, 'x');
    assert.equal((await readLiveBlockHeads(store, 'x')).length, 127);
    await collect(store, 128);
    assert.equal((await readLiveBlockHeads(store, 'x')).length, 1);
    const after = await loadMeasurements(store, 'x');
    assert.deepEqual(after.samples[1]?.rssKib.subarray(0, 127), before.samples[1]?.rssKib);
    assert.equal(after.samples[1]?.atMs.length, 128);
    assert.deepEqual(after.proofs, before.proofs);
    assert.equal(after.servers[0]?.rows, 256);
    assert.equal(await appendSamples(store, 'x', 'h1', startMs + 5 * minuteMs, [sample('h1', 'one', 1)]), false);
  });

  it('keeps flags, gaps and events', async () => {
    await using store = await openStore(':memory:');
    await openCollection(store, 'x', clock);
    const relay = { id: 'h1/one', nickname: 'one' };
    await appendSamples(
      store,
      'x',
      'h1',
      startMs,
      [sample('h1', 'one', 1)],
      [{ relay, flags: ['Guard'], running: true }],
    );
    const gap = { host: 'h1', atMs: startMs + 1, reason: 'no route to host' };
    await recordGap(store, 'x', gap);
    await recordGap(store, 'x', gap);
    const event = { atMs: startMs, kind: 'restart', text: '', relays: ['h1/one'], zoned: true };
    await recordEvents(store, 'x', [event]);
    await recordEvents(store, 'x', [event]);
    const { flags, gaps, events } = await loadMeasurements(store, 'x');
    assert.deepEqual(flags, [[{ atMs: startMs, flags: ['Guard'], running: true }]]);
    assert.deepEqual(gaps, [gap]);
    assert.equal(events.length, 2);
  });

  it('of an experiment that is not there is refused', async () => {
    await using store = await openStore(':memory:');
    const unknown = { code: 'experiment-unknown' };
    await assert.rejects(appendSamples(store, 'x', 'h1', startMs, []), unknown);
    await assert.rejects(recordGap(store, 'x', { host: 'h1', atMs: 1, reason: '' }), unknown);
    await assert.rejects(addExperimentNote(store, 'x', { kind: 'look', atMs: 1, value: null }), unknown);
  });
});

describe('figures of traffic', () => {
  it('that are old are one a day and relay, and days still add up, over a restart too', async () => {
    await using store = await openStore(':memory:');
    await openCollection(store, 'x', clock);
    const hours = 72;
    for (let hour = 0; hour < hours; hour += 1) {
      // The counter grows by 10 an hour and begins again at hour 30.
      const readBytes = hour < 30 ? 1000 + hour * 10 : (hour - 30) * 10;
      await appendSamples(store, 'x', 'h1', startMs + hour * 60 * minuteMs, [
        sample('h1', 'one', 1, { readBytes, cpuSeconds: hour, connections: hour % 5 }),
      ]);
    }
    assert.ok((await coarsenTraffic(store, 'x', startMs + hours * 60 * minuteMs)) > 0);
    const kept = async (name: 'readBytes' | 'connections' | 'cpuSeconds') => {
      const { samples } = await loadMeasurements(store, 'x');
      return [...(samples[0]?.figures.get(name) ?? [])].filter((value) => !Number.isNaN(value));
    };
    const counters = await kept('readBytes');
    const growth = counters
      .slice(1)
      .reduce(
        (sum, value, index) => sum + (value >= (counters[index] ?? 0) ? value - (counters[index] ?? 0) : value),
        0,
      );
    assert.equal(growth, 290 + 410);
    assert.ok(counters.length <= 6, `${counters.length} figures of three days`);
    assert.equal((await kept('connections')).length, 3);
    assert.equal((await kept('cpuSeconds')).length, hours, 'what tells no traffic stays');
    assert.equal(await coarsenTraffic(store, 'x', startMs + hours * 60 * minuteMs), 0, 'again: nothing to do');
  });

  it('that are young stay as they are', async () => {
    await using store = await openStore(':memory:');
    await openCollection(store, 'x', clock);
    await collect(store, 10);
    assert.equal(await coarsenTraffic(store, 'x', startMs), 0);
    assert.ok(
      (await loadMeasurements(store, 'x')).samples[0]?.figures.get('readBytes')?.every((value) => !Number.isNaN(value)),
    );
  });
});

describe('a declared experiment', () => {
  const info = {
    id: 'x',
    title: 'allocators',
    arms: [
      { id: 'A', name: 'jemalloc', config: { allocator: 'jemalloc' } },
      { id: 'Z', name: 'control', config: {} },
    ],
    control: 'Z',
    assignment: { method: 'random', seed: 's' },
    sampleEveryMs: 180_000,
    timeZone: 'utc',
  } as const;
  const relays = [
    { id: 'h1/one', nickname: 'one', arm: 'A', block: 'b1' },
    { id: 'h1/two', nickname: 'two', arm: 'Z', block: 'b1' },
  ];

  it('is there before anything is measured, as it was declared', async () => {
    await using store = await openStore(':memory:');
    await declareExperiment(store, info, relays, { clock });
    assert.deepEqual(await readDeclared(store, 'x'), { info, relays });
    const measurements = await loadMeasurements(store, 'x');
    assert.deepEqual(measurements.info, info);
    assert.deepEqual(measurements.relays, relays);
    assert.equal(measurements.samples[0]?.atMs.length, 0);
    await assert.rejects(declareExperiment(store, info, relays, { clock }), { code: 'experiment-exists' });
    await declareExperiment(store, info, relays.slice(1), { clock, replace: true });
    assert.equal((await readDeclared(store, 'x')).relays.length, 1);
  });

  it('keeps its assignment, whatever rows say; rows without an arm have none', async () => {
    await using store = await openStore(':memory:');
    await declareExperiment(store, info, relays, { clock });
    const { arm: _, proof: __, ...bare } = sample('h1', 'two', 2);
    await appendSamples(store, 'x', 'h1', startMs, [{ ...sample('h1', 'one', 1), arm: 'Z' }, bare]);
    const measurements = await loadMeasurements(store, 'x');
    assert.deepEqual(measurements.relays, relays);
    assert.deepEqual(
      measurements.samples.map(({ arm, proof: own }) => [arm[0], own[0]]),
      [
        [1, 0],
        [noArm, noProof],
      ],
    );
  });

  it('has notes by kind, in order', async () => {
    await using store = await openStore(':memory:');
    await declareExperiment(store, info, relays, { clock });
    assert.equal(await addExperimentNote(store, 'x', { kind: 'look', atMs: 2, value: { p: 0.5 } }), 1);
    await addExperimentNote(store, 'x', { kind: 'other', atMs: 1, value: [] });
    await addExperimentNote(store, 'x', { kind: 'look', atMs: 1, value: 'later' });
    assert.deepEqual(await experimentNotes(store, 'x', 'look'), [
      { seq: 1, atMs: 2, value: { p: 0.5 } },
      { seq: 3, atMs: 1, value: 'later' },
    ]);
  });
});
