import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Oracle } from './oracle.ts';
import type { AttemptEvent } from './outcome.ts';
import type { TrafficRecord } from './record.ts';
import type { AttemptOptions, Route, RouteAttempt } from './route.ts';

const fleet = new Set(['F1', 'F2']);
const ended = (
  event: AttemptEvent['event'],
  clientPath = ['G', 'F1', 'E'],
  more: Partial<RouteAttempt> = {},
): RouteAttempt => {
  const opened: AttemptEvent[] = event === 'circuit-failed' ? [] : [{ atMs: Date.now(), event: 'stream-connected' }];
  return { events: [...opened, { atMs: Date.now(), event }], clientPath, receivedBytes: 0, ...more };
};
const route = (attempt: (options: AttemptOptions) => RouteAttempt | Promise<RouteAttempt>): Route => ({
  attempt: async (options) => attempt(options),
});
const silent = route(({ signal }) => {
  const { promise, resolve } = Promise.withResolvers<RouteAttempt>();
  signal.addEventListener('abort', () => resolve(ended('gave-up')));
  return promise;
});
const quick = { ratePerSecond: 200, downloads: 0, downloadSeconds: 1 };

/** Runs an oracle over these routes until it has as many records, and stops it. */
const collect = async (
  routes: { exit: Route; onion: Route },
  count: number,
  options: {
    load?: typeof quick;
    before?: (oracle: Oracle) => void;
    recordsFile?: string;
    catchUp?: () => Promise<void>;
  } = {},
): Promise<{ oracle: Oracle; records: TrafficRecord[]; closed: number }> => {
  let closed = 0;
  const oracle = new Oracle({
    fleet,
    routes: { exit: [routes.exit], onion: [routes.onion] },
    close: async () => {
      closed += 1;
    },
    ...(options.recordsFile === undefined ? {} : { recordsFile: options.recordsFile }),
    ...(options.catchUp === undefined ? {} : { catchUp: options.catchUp }),
  });
  options.before?.(oracle);
  const records: TrafficRecord[] = [];
  await new Promise<void>((resolve) => {
    oracle.on((record) => {
      records.push(record);
      if (records.length === count) resolve();
    });
    oracle.run(options.load ?? quick);
  });
  await oracle.stop();
  return { oracle, records, closed };
};

suite('oracle', () => {
  const fine = route(() => ended('body-complete'));

  test('sends to both kinds in turn and counts every answer', async () => {
    const { oracle, records, closed } = await collect({ exit: fine, onion: fine }, 6);
    assert.deepEqual(new Set(records.map(({ kind }) => kind)), new Set(['exit', 'onion']));
    assert.ok(records.every(({ outcome, fleetRelays }) => outcome === 'ok' && fleetRelays[0] === 'F1'));
    assert.equal(oracle.summary().requests.failed, 0);
    assert.equal(closed, 1);
  });

  test('a circuit that fails is tried again without the relay that did not answer', async () => {
    const avoided: string[][] = [];
    const stubborn = route(({ name, avoid }) => {
      avoided.push([...avoid]);
      return name.endsWith('.2') ? ended('body-complete') : ended('circuit-failed', ['G', 'F2'], { failedHop: 'F2' });
    });
    const { records } = await collect({ exit: stubborn, onion: stubborn }, 2);
    for (const { outcome, attempts } of records) assert.deepEqual([outcome, attempts.length], ['ok', 2]);
    assert.deepEqual([avoided[0], avoided.find((relays) => relays.length > 0)], [[], ['F2']]);
  });

  test('a download that a planned restart cuts is recorded as such and followed by another', async () => {
    const cut = route(() => ended('stream-cut'));
    const before = (oracle: Oracle) => oracle.restarting('F1');
    const load = { ratePerSecond: 0.01, downloads: 1, downloadSeconds: 1 };
    const { oracle, records } = await collect({ exit: cut, onion: cut }, 4, { load, before });
    assert.ok(records.every(({ outcome }) => outcome === 'cut-by-planned-restart'));
    assert.ok(records.every(({ restarting }) => restarting[0] === 'F1'));
    assert.equal(oracle.summary().streams.cut, oracle.summary().streams.opened);
  });

  test('a cut is judged when all that was planned is known', async () => {
    const cut = route(() => ended('stream-cut'));
    let tell = () => {};
    const before = (oracle: Oracle) => {
      tell = () => oracle.restarting('F1', { fromMs: 1000 });
    };
    const load = { ratePerSecond: 0.01, downloads: 1, downloadSeconds: 1 };
    const { records } = await collect({ exit: cut, onion: cut }, 4, { load, before, catchUp: async () => tell() });
    assert.ok(records.every(({ outcome }) => outcome === 'cut-by-planned-restart'));
  });

  test('a cut after the restart is over is a failure, and a request cut so is not asked again', async () => {
    const cut = route(() => ended('stream-cut'));
    const before = (oracle: Oracle) => {
      oracle.restarting('F1', { fromMs: 1000 });
      oracle.restarted('F1', 2000);
    };
    const { oracle, records } = await collect({ exit: cut, onion: fine }, 4, { before });
    const cuts = records.filter(({ kind }) => kind === 'exit');
    assert.ok(cuts.length > 0 && cuts.every(({ outcome, attempts }) => outcome === 'failed' && attempts.length === 1));
    assert.equal(oracle.summary().failures.length, oracle.summary().requests.failed);
  });

  test('stopping ends downloads without counting them as failures', async () => {
    const load = { ratePerSecond: 200, downloads: 2, downloadSeconds: 1 };
    const quickRequests = (options: AttemptOptions) =>
      options.bytesPerSecond === 0 ? ended('body-complete') : silent.attempt(options);
    const { oracle } = await collect({ exit: route(quickRequests), onion: route(quickRequests) }, 2, { load });
    const { streams } = oracle.summary();
    assert.deepEqual(streams, { opened: 4, completed: 0, failed: 0, cut: 0, stopped: 4 });
  });

  test('requests can be abandoned, and are no failures then', async () => {
    const begun = Promise.withResolvers<void>();
    const unanswered = route((options) => {
      begun.resolve();
      return silent.attempt(options);
    });
    const oracle = new Oracle({ fleet, routes: { exit: [unanswered], onion: [unanswered] }, close: async () => {} });
    oracle.run(quick);
    await begun.promise;
    const summary = await oracle.stop({ abandon: true });
    assert.ok(oracle.records.length > 0 && oracle.records.every(({ outcome }) => outcome === 'stopped'));
    assert.equal(summary.requests.sent, 0);
  });

  test('requests of a time are found, those that do not count left out', async () => {
    const outside = route(() => ended('body-complete', ['G', 'M', 'E']));
    const { oracle, records } = await collect({ exit: fine, onion: outside }, 6);
    const [first] = records.filter(({ kind }) => kind === 'exit');
    assert.ok(first !== undefined);
    const during = oracle.requestsDuring({ fromMs: first.startMs, toMs: first.endMs });
    assert.ok(during.includes(first) && during.every(({ kind }) => kind === 'exit'));
    assert.deepEqual(oracle.requestsDuring({ fromMs: 0, toMs: 1 }), []);
    assert.ok(oracle.summary().notCounted >= 3);
  });

  test('every record is a line of JSON in the file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tearless-oracle-'));
    try {
      const recordsFile = join(folder, 'deep', 'records.ndjson');
      const { oracle } = await collect({ exit: fine, onion: fine }, 3, { recordsFile });
      const lines = readFileSync(recordsFile, 'utf8').trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)),
        oracle.records,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
