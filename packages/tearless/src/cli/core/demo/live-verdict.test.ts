// What scene `live` makes of what was seen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeLiveScene, type LiveEvidence } from './live-verdict.ts';

const good: LiveEvidence = {
  setUpSeconds: 0,
  changes: [
    { what: 'update', version: '1 b', wanted: '1 b', pauseMs: 0.4, atMs: 1 },
    { what: 'rollback', version: '1', wanted: '1', pauseMs: 1.2, atMs: 2 },
  ],
  summary: {
    requests: { sent: 90, ok: 90, failed: 0, retried: 1 },
    streams: { opened: 4, complete: 4, cut: 0, failed: 0, stopped: 0 },
  } as unknown as LiveEvidence['summary'],
  failures: [],
  held: { streams: 20, circuits: 4 },
  kept: { streams: 20, circuits: 4 },
  samePid: true,
  restart: { streamsLost: 20, circuitsLost: 4, secondsWithoutService: 3.25 },
  reportPath: 'live.html',
};

test('all that was promised was kept', () => {
  const { result, proofs } = judgeLiveScene(good);
  assert.deepEqual(result.broken, []);
  assert.ok(proofs.every(({ holds }) => holds));
  assert.deepEqual(result.streams, { opened: 24, cut: 0 });
  assert.deepEqual(result.facts.pausesMs, [0.4, 1.2]);
});

test('a version that was not reached, a stream that was cut, a request that failed: each is named', () => {
  const [first, second] = good.changes;
  assert.ok(first !== undefined && second !== undefined);
  const cases: Partial<LiveEvidence>[] = [
    { changes: [first, { ...second, version: '1 b' }] },
    { samePid: false },
    { kept: { streams: 19, circuits: 4 } },
    { summary: { ...good.summary, requests: { ...good.summary.requests, failed: 1 } } },
    { restart: { ...good.restart, streamsLost: 0 } },
  ];
  for (const change of cases) assert.equal(judgeLiveScene({ ...good, ...change }).result.broken.length, 1);
  assert.equal(judgeLiveScene({ ...good, kept: { streams: 19, circuits: 4 } }).result.streams.cut, 1);
});
