import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AllocatorEvidence, judgeAllocatorScene } from './allocator-verdict.ts';
import type { FleetReading } from './hand.ts';

const reading = (allocators: Record<string, string>, bytes: number): FleetReading => ({
  totalBytes: bytes * Object.keys(allocators).length,
  bytes: new Map(Object.keys(allocators).map((relay) => [relay, bytes])),
  allocators: new Map(Object.entries(allocators)),
});
const counts = { sent: 300, ok: 300, failed: 0, retried: 4 };
const streams = { opened: 20, completed: 15, failed: 0, cut: 5, stopped: 0 };
const ofKind = { requests: counts, streams, latency: null };

const good: AllocatorEvidence = {
  before: reading({ a: 'glibc', b: 'glibc' }, 60e6),
  after: reading({ a: 'mimalloc', b: 'jemalloc' }, 7e6),
  back: reading({ a: 'glibc', b: 'glibc' }, 20e6),
  applied: 'done',
  undone: 'undone',
  fault: { victims: ['a'], outcome: 'failed-undone', failedGates: ['allocator-loaded'] },
  afterFault: reading({ a: 'mimalloc', b: 'jemalloc' }, 7e6),
  differences: [],
  paths: 2000,
  summary: {
    requests: counts,
    streams,
    byKind: { onion: ofKind, exit: ofKind },
    latency: null,
    notCounted: 0,
    failures: [],
  },
  restarts: [{ relay: 'a', why: 'loads mimalloc', fromMs: 1, toMs: 2, gatesPassedMs: 3 }],
  requestsDuring: () => 3,
  reportPath: 'r.html',
};

describe('the verdict on scene allocator', () => {
  it('finds nothing broken where everything was proved', () => {
    const { result, proofs } = judgeAllocatorScene(good);
    assert.deepEqual(result.broken, []);
    assert.ok(proofs.every(({ holds }) => holds));
    assert.deepEqual(result.facts, {
      relaysChanged: 2,
      faultCaught: true,
      undoIdentical: true,
      memoryBeforeBytes: 120e6,
      memoryAfterBytes: 14e6,
      memoryBackBytes: 40e6,
      restarts: 1,
    });
  });

  const worse: [string, Partial<AllocatorEvidence>][] = [
    ['a relay kept its allocator', { after: reading({ a: 'mimalloc', b: 'glibc' }, 7e6) }],
    ['the run did not finish', { applied: 'failed-undone' }],
    ['no gate caught the fault', { fault: { ...good.fault, outcome: 'done', failedGates: [] } }],
    ['another gate stopped it', { fault: { ...good.fault, failedGates: ['unit-stable'] } }],
    ['there was no fault', { fault: { ...good.fault, victims: [] } }],
    ['the batch did not go back', { afterFault: reading({ a: 'glibc', b: 'jemalloc' }, 7e6) }],
    ['a path differs', { differences: ['+ h1: /etc/x'] }],
    ['a relay did not come back to its allocator', { back: reading({ a: 'mimalloc', b: 'glibc' }, 7e6) }],
    ['too few requests', { summary: { ...good.summary, requests: { ...counts, sent: 199 } } }],
    ['a request failed', { summary: { ...good.summary, requests: { ...counts, failed: 1 } } }],
    ['a download failed', { summary: { ...good.summary, streams: { ...streams, failed: 1 } } }],
    ['a restart saw no request', { requestsDuring: () => 0 }],
  ];
  for (const [what, change] of worse)
    it(`says so when ${what}`, () => {
      assert.notDeepEqual(judgeAllocatorScene({ ...good, ...change }).result.broken, []);
    });
});
