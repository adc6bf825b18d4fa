import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Outcome, TrafficForm, TrafficKind } from './outcome.ts';
import type { TrafficRecord } from './record.ts';
import { percentile, renderFailure, renderSummary, summarize } from './summary.ts';

const attempt = { clientPath: [], events: [] };
const record = (
  form: TrafficForm,
  kind: TrafficKind,
  outcome: Outcome,
  { tookMs = 100, attempts = 1 } = {},
): TrafficRecord => ({
  schema: 'tearless.lab-traffic/v1',
  id: 'x',
  form,
  kind,
  startMs: 1000,
  endMs: 1000 + tookMs,
  outcome,
  attempts: Array.from({ length: attempts }, () => attempt),
  fleetRelays: [],
  restarting: [],
  receivedBytes: 0,
});

const records = [
  record('request', 'onion', 'ok', { tookMs: 300 }),
  record('request', 'onion', 'failed', { attempts: 4 }),
  record('request', 'exit', 'ok', { tookMs: 200, attempts: 2 }),
  record('request', 'exit', 'ok', { tookMs: 100 }),
  record('request', 'exit', 'not-counted'),
  record('download', 'onion', 'cut-by-planned-restart'),
  record('download', 'onion', 'stopped'),
  record('download', 'exit', 'ok', { tookMs: 30_000 }),
  record('download', 'exit', 'failed'),
];

suite('summary of traffic', () => {
  const summary = summarize(records);

  test('requests and streams are counted apart, and what did not meet the fleet not at all', () => {
    assert.deepEqual(summary.requests, { sent: 4, ok: 3, failed: 1, retried: 2 });
    assert.deepEqual(summary.streams, { opened: 4, completed: 1, failed: 1, cut: 1, stopped: 1 });
    assert.equal(summary.notCounted, 1);
  });

  test('each kind has its own counts and latency', () => {
    assert.deepEqual(summary.byKind.exit.requests, { sent: 2, ok: 2, failed: 0, retried: 1 });
    assert.deepEqual(summary.byKind.onion.streams, { opened: 2, completed: 0, failed: 0, cut: 1, stopped: 1 });
    assert.deepEqual(summary.byKind.onion.latency, { p50Ms: 300, p90Ms: 300, p99Ms: 300, maxMs: 300 });
  });

  test('latency is that of answered requests, not of downloads', () => {
    assert.deepEqual(summary.latency, { p50Ms: 200, p90Ms: 300, p99Ms: 300, maxMs: 300 });
    assert.equal(summarize([]).latency, null);
  });

  test('every failure is listed, of requests and of streams', () => {
    assert.deepEqual(
      summary.failures.map(({ form, kind }) => `${kind} ${form}`),
      ['onion request', 'exit download'],
    );
  });

  test('a percentile is the nearest rank', () => {
    const numbers = Array.from({ length: 10 }, (_, index) => index + 1);
    assert.deepEqual(
      [0, 10, 50, 90, 91, 100].map((percent) => percentile(numbers, percent)),
      [1, 1, 5, 9, 10, 10],
    );
    assert.throws(() => percentile([], 50), RangeError);
  });

  test('a failure tells what went before it and by which relays', () => {
    const failure: TrafficRecord = {
      ...record('download', 'onion', 'failed'),
      id: 'onion-download-7',
      reason: 'no answer within 60 s',
      attempts: [
        {
          clientPath: ['A'.repeat(40), 'B'.repeat(40)],
          events: [
            { atMs: 1500, event: 'stream-connected' },
            { atMs: 61_500, event: 'stream-silent' },
          ],
        },
      ],
      restarting: ['B'.repeat(40)],
      receivedBytes: 12,
    };
    assert.equal(
      renderFailure(failure),
      'onion-download-7: no answer within 60 s; begun 00:00:01 UTC, attempt 1: stream-connected after 0.5 s, ' +
        'stream-silent after 60.5 s; 12 bytes; client by AAAAAAAA BBBBBBBB; service by unknown; ' +
        'restarting meanwhile: BBBBBBBB',
    );
  });

  test('a person reads one line', () => {
    assert.equal(
      renderSummary(summary),
      '4 requests, 1 failed, 2 retried; 4 streams, 1 cut by planned restarts, 1 failed',
    );
  });
});
