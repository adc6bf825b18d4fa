// Collections of hosts that answer with a recording, kept in a store in memory.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createFakeClock } from '../../change/testing/fake-clock.ts';
import { splitSections } from '../../facts/section.ts';
import type { Host } from '../../host/host.ts';
import { HostError } from '../../host/host-error.ts';
import { openStore, type Store } from '../../store/store.ts';
import type { ImportFolder } from '../import/folder.ts';
import { importFolder } from '../import/import-folder.ts';
import { appendSamples, openCollection } from '../load/collection.ts';
import { loadMeasurements } from '../load/load-measurements.ts';
import type { Measurements } from '../model/measurements.ts';
import { type CollectionTarget, collectOnce } from './collect-once.ts';
import { keepSamples } from './keep-samples.ts';
import { renderCsvRows } from './old-csv.ts';
import { pruneTraffic } from './prune-traffic.ts';

const recording = readFileSync(new URL('../../facts/sample/testdata/debian-12.txt', import.meta.url));
const recordedNonce = 'ab'.repeat(16);
const recordedMs = Number(
  Buffer.from(splitSections(recording, recordedNonce).get('clock')?.bytes ?? [])
    .toString()
    .slice(0, 13),
);

/** Answers the verb `sample` with the recording, at an instant of its own. */
const answering = (name: string, atMs = recordedMs): Host =>
  ({
    name,
    call: async (verb: string, { args = [] }: { args?: readonly string[] }) => {
      assert.equal(verb, 'sample');
      const stdout = Buffer.from(
        recording
          .toString('latin1')
          .replaceAll(recordedNonce, args[0] ?? '')
          .replace(String(recordedMs), String(atMs)),
        'latin1',
      );
      return { exitCode: 0, stdout, stderr: '' };
    },
  }) as unknown as Host;

const away = (name: string): Host =>
  ({
    name,
    call: async () => {
      throw new HostError({
        kind: 'unreachable',
        code: 'ssh-unreachable',
        message: `${name}: no route`,
        subject: name,
      });
    },
  }) as unknown as Host;

const all = ['glibc', 'mimalloc', 'jemalloc', 'taken'];
const targetOf = (id: string, relays: readonly string[], arm?: string): CollectionTarget => ({
  id,
  relays: new Map(relays.map((relay) => [relay, arm])),
});

const collect = (
  store: Store,
  hosts: readonly Host[],
  targets: readonly CollectionTarget[],
  plannedMs = recordedMs,
) => {
  const clock = createFakeClock(plannedMs);
  const hostOf = (name: string): Host => {
    const host = hosts.find((one) => one.name === name);
    assert.ok(host, name);
    return host;
  };
  return collectOnce({
    targets,
    hostOf,
    store: keepSamples(store, clock),
    versionOf: (buildId) => (buildId.startsWith('1d5163c2') ? '5.3.0' : undefined),
    clock,
    plannedMs,
    signal: new AbortController().signal,
    timeoutMs: 1000,
  });
};
const samplesOf = ({ relays, samples }: Measurements, id: string) => {
  const own = samples[relays.findIndex((relay) => relay.id === id)];
  assert.ok(own, id);
  return own;
};

describe('a collection', () => {
  it('keeps every relay of a host at the instant of its clock, with figures and proof, and tells the skew', async () => {
    await using store = await openStore(':memory:');
    const { hosts } = await collect(
      store,
      [answering('h1')],
      [
        targetOf(
          'fleet',
          all.map((name) => `h1/${name}`),
        ),
      ],
      recordedMs - 7_000,
    );
    assert.equal(hosts[0]?.skewMs, 7_000);
    const measurements = await loadMeasurements(store, 'fleet');
    assert.deepEqual(Array.from(measurements.snapshots), [recordedMs]);
    assert.deepEqual(
      measurements.relays.map(({ id, nickname }) => [id, nickname]).sort(),
      all.map((name) => [`h1/${name}`, `${name}Relay`]).sort(),
    );
    const jemalloc = samplesOf(measurements, 'h1/jemalloc');
    assert.equal(jemalloc.rssKib[0], 14_324);
    assert.equal(jemalloc.figures.get('startedMs')?.[0], 1_795_231_250_050);
    assert.deepEqual(measurements.proofs[jemalloc.proof[0] ?? -1], {
      allocator: 'jemalloc',
      path: '/usr/lib/x86_64-linux-gnu/libjemalloc.so.2',
      buildId: '1d5163c246dc9cd2b4d339f2ac42efd95c6e0ae1',
      // As the configuration names it; the package's version where it names none.
      version: '5.3.0',
    });
    const glibc = samplesOf(measurements, 'h1/glibc');
    assert.equal(measurements.proofs[glibc.proof[0] ?? -1]?.version, '2.36-9+deb12u14');
    assert.equal(glibc.figures.get('writtenBytes')?.[0], 338_268);
    assert.ok(Number.isNaN(jemalloc.figures.get('writtenBytes')?.[0]));
    assert.deepEqual(measurements.flags[measurements.relays.findIndex(({ id }) => id === 'h1/glibc')], [
      { atMs: recordedMs, flags: [], running: false },
    ]);
  });

  it('of the same instant again changes nothing', async () => {
    await using store = await openStore(':memory:');
    const targets = [targetOf('fleet', ['h1/glibc'])];
    for (let round = 0; round < 2; round += 1) await collect(store, [answering('h1')], targets);
    const measurements = await loadMeasurements(store, 'fleet');
    assert.equal(samplesOf(measurements, 'h1/glibc').atMs.length, 1);
    assert.deepEqual(measurements.problems, []);
  });

  it('goes to every target that wants a relay, with its arm there, and nobody else’s', async () => {
    await using store = await openStore(':memory:');
    const targets = [
      targetOf(
        'fleet',
        all.map((name) => `h1/${name}`),
      ),
      targetOf('trial', ['h1/glibc'], 'control'),
    ];
    await collect(store, [answering('h1')], targets);
    assert.equal((await loadMeasurements(store, 'fleet')).relays.length, 4);
    const trial = await loadMeasurements(store, 'trial');
    assert.deepEqual(
      trial.relays.map(({ id, arm }) => [id, arm]),
      [['h1/glibc', 'control']],
    );
  });

  it('records a gap at the planned instant for a host that is away, and keeps the others', async () => {
    await using store = await openStore(':memory:');
    const targets = [targetOf('fleet', ['h1/glibc', 'h2/glibc']), targetOf('trial', ['h1/glibc'])];
    const { hosts, gaps } = await collect(store, [answering('h1'), away('h2')], targets, recordedMs - 3);
    assert.deepEqual([hosts.map(({ host }) => host), gaps.map(({ host }) => host)], [['h1'], ['h2']]);
    const measurements = await loadMeasurements(store, 'fleet');
    assert.deepEqual(measurements.gaps, [{ atMs: recordedMs - 3, host: 'h2', reason: 'h2: no route' }]);
    assert.equal(samplesOf(measurements, 'h1/glibc').atMs.length, 1);
    assert.deepEqual((await loadMeasurements(store, 'trial')).gaps, []);
  });

  it('names relays that do not run and MetricsPorts that do not tell', async () => {
    await using store = await openStore(':memory:');
    const { hosts } = await collect(store, [answering('h1')], [targetOf('fleet', ['h1/taken', 'h1/gone'])]);
    assert.deepEqual(hosts[0]?.stopped, ['gone']);
    assert.deepEqual(hosts[0]?.silent, [{ instance: 'taken', reason: 'somebody else listens there' }]);
  });

  it('ends with what interrupts it, and records no gap for that', async () => {
    await using store = await openStore(':memory:');
    const interrupted = {
      name: 'h1',
      call: async () => {
        throw new HostError({ kind: 'interrupted', code: 'host-interrupted', message: 'interrupted' });
      },
    } as unknown as Host;
    await openCollection(store, 'fleet', createFakeClock());
    await assert.rejects(collect(store, [interrupted], [targetOf('fleet', ['h1/glibc'])]), /interrupted/);
    assert.deepEqual((await loadMeasurements(store, 'fleet')).gaps, []);
  });

  it('as rows for older tools is read back as the same figures', async () => {
    await using store = await openStore(':memory:');
    const targets = [targetOf('trial', ['h1/glibc', 'h1/jemalloc'], 'A')];
    const collection = await collect(store, [answering('h1')], targets);
    const { header, rows } = renderCsvRows(collection, targets);
    assert.equal(rows.length, 3);
    const text = `${[header, ...rows].join('\n')}\n`;
    const folder: ImportFolder = {
      path: 'old',
      list: async () => [{ name: 'memory_measurements.csv', bytes: text.length }],
      open: async function* () {
        yield Buffer.from(text);
      },
    };
    await importFolder(folder, store, { id: 'old', clock: createFakeClock() });
    const old = await loadMeasurements(store, 'old');
    const index = old.relays.findIndex(({ nickname }) => nickname === 'jemallocRelay');
    assert.deepEqual(
      [old.relays[index]?.arm, old.relays[index]?.fingerprint, old.samples[index]?.rssKib[0], old.snapshots[0]],
      ['A', '4E5D282393E1F933A532B33E064840D0338E4E3D', 14_324, Math.floor(recordedMs / 1000) * 1000],
    );
  });
});

describe('figures of traffic in the store', () => {
  const dayMs = 86_400_000;
  const hourMs = 3_600_000;
  const days = 20;
  /** Hourly samples of one relay over twenty days: 10 bytes an hour, anew with every noon. */
  const fill = async (store: Store): Promise<void> => {
    await openCollection(store, 'fleet', createFakeClock());
    for (let hour = 0; hour < days * 24; hour += 1)
      await appendSamples(store, 'fleet', 'h1', hour * hourMs + 60_000, [
        {
          relay: { id: 'h1/a', nickname: 'a' },
          rssKib: hour,
          figures: { writtenBytes: ((hour + 12) % 24) * 10, cpuSeconds: hour, connections: hour % 24 },
        },
      ]);
  };
  const finite = async (store: Store, figure: 'writtenBytes' | 'connections' | 'cpuSeconds') => {
    const { atMs, figures } = samplesOf(await loadMeasurements(store, 'fleet'), 'h1/a');
    const column = figures.get(figure) ?? new Float64Array(0);
    return Array.from(atMs, (ms, index) => ({ ms, value: column[index] ?? Number.NaN })).filter(
      ({ value }) => !Number.isNaN(value),
    );
  };
  const growth = (figures: readonly { readonly value: number }[]): number =>
    figures.reduce((sum, { value }, index) => {
      const before = figures[index - 1]?.value;
      if (before === undefined) return sum;
      return sum + (value >= before ? value - before : value);
    }, 0);

  it('remain as sampled for fourteen days, then by the day, whatever blocks they lie in, and whenever it is done', async () => {
    await using store = await openStore(':memory:');
    await fill(store);
    const raw = await finite(store, 'writtenBytes');
    // Every day, as a collection does it, and the last day twice.
    for (const day of [15, 16, 17, 18, 19, 20, 20]) await pruneTraffic(store, 'fleet', day * dayMs + 5 * hourMs);
    const kept = await finite(store, 'writtenBytes');
    const cutMs = 6 * dayMs;
    assert.deepEqual(
      kept.filter(({ ms }) => ms >= cutMs),
      raw.filter(({ ms }) => ms >= cutMs),
    );
    for (let day = 0; day < 6; day += 1) {
      const own = kept.filter(({ ms }) => Math.floor(ms / dayMs) === day);
      assert.ok(own.length <= (day === 0 ? 4 : 3), `day ${day} keeps ${own.length}`);
    }
    assert.equal(growth(kept), growth(raw), 'what was carried in all is still known');
    const connections = (await finite(store, 'connections')).filter(({ ms }) => ms < cutMs);
    assert.deepEqual(
      connections.map(({ value }) => value),
      Array.from({ length: 6 }, () => 12),
    );
    const { atMs, rssKib } = samplesOf(await loadMeasurements(store, 'fleet'), 'h1/a');
    assert.deepEqual([atMs.length, rssKib.length, (await finite(store, 'cpuSeconds')).length], [480, 480, 480]);
    assert.deepEqual(
      Array.from(rssKib),
      Array.from({ length: 480 }, (_, hour) => hour),
    );
  });

  it('are written anew once a day at most', async () => {
    await using store = await openStore(':memory:');
    await fill(store);
    assert.ok((await pruneTraffic(store, 'fleet', 18 * dayMs)) > 0);
    assert.equal(await pruneTraffic(store, 'fleet', 18 * dayMs + 23 * hourMs), 0);
    assert.ok((await pruneTraffic(store, 'fleet', 19 * dayMs)) > 0);
  });

  it('of a young collection stay as they are', async () => {
    await using store = await openStore(':memory:');
    await fill(store);
    assert.equal(await pruneTraffic(store, 'fleet', 14 * dayMs + hourMs), 0);
  });
});
