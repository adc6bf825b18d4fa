import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Visit } from '@tearless/lab/traffic/visitor.ts';
import { type BalancerEvidence, judgeBalancerScene } from './balancer-verdict.ts';

const workers = ['w1', 'w2', 'w3', 'w4'];

/** One visit every 100 ms; every tenth is fresh and takes twice as long. */
const visit = (index: number, answer: string): Visit => {
  const startMs = index * 100;
  const isFresh = index % 10 === 0;
  const endMs = startMs + (isFresh ? 400 : 200);
  return { visitor: 'client1', isFresh, startMs, endMs, outcome: 'ok', answer, attempts: [{ startMs, endMs }] };
};

/** 0 to 10 s: without w4; to 20 s: all; to 30 s: without w2; then without w3. */
const visits = Array.from({ length: 400 }, (_, index) => {
  const among =
    index < 100 ? ['w1', 'w2', 'w3'] : index < 200 ? workers : index < 300 ? ['w1', 'w3', 'w4'] : ['w1', 'w4'];
  return visit(index, among[(index * 7) % among.length] ?? '');
});

const change = (kind: 'added' | 'killed' | 'drained', worker: string, atMs: number, tookMs: number) => ({
  kind,
  worker,
  what: `${worker} is ${kind}`,
  atMs,
  publishedMs: atMs + tookMs,
});

const good: BalancerEvidence = {
  workers,
  visits,
  changes: [
    change('added', 'w4', 5000, 5000),
    change('killed', 'w2', 19_000, 1500),
    change('drained', 'w3', 28_000, 2000),
  ],
  introductionPoints: 12,
  distinctDescriptors: 6,
  pointsLeft: 0,
  reportPath: 'r.html',
};

describe('the verdict on scene balancer', () => {
  it('finds nothing broken where everything was proved', () => {
    const { result, proofs } = judgeBalancerScene(good);
    assert.deepEqual(result.broken, []);
    assert.ok(proofs.every(({ holds }) => holds));
    const { shares, ...facts } = result.facts;
    assert.deepEqual(facts, {
      introductionPoints: 12,
      distinctDescriptors: 6,
      secondsToAllDirectories: { p50: 2, worst: 5 },
      connectP99Ms: { fresh: 400, cached: 200 },
    });
    assert.deepEqual(Object.keys(shares as object), workers);
    assert.deepEqual(result.requests, { sent: 400, failed: 0 });
  });

  const lost: Visit = {
    ...visit(120, ''),
    outcome: 'failed',
    attempts: [{ startMs: 12_000, endMs: 72_000, reason: 'onion introduction failed' }],
  };
  const without = (worker: string) => visits.map((one) => (one.answer === worker ? { ...one, answer: 'w1' } : one));
  const worse: [string, Partial<BalancerEvidence>][] = [
    ['a visit failed', { visits: [...visits, lost] }],
    ['there were too few visits', { visits: visits.filter((_, index) => index % 3 === 0) }],
    ['a worker answered nobody', { visits: without('w3') }],
    ['the added worker got nobody', { visits: without('w4') }],
    ['the killed worker answered', { visits: [...visits, visit(310, 'w2')] }],
    ['a visitor who knew nothing came to the drained worker', { visits: [...visits, visit(320, 'w3')] }],
    ['nobody came after the draining', { visits: visits.slice(0, 300) }],
    ['nothing was drained', { changes: good.changes.slice(0, 2) }],
    ['points of the dead are left', { pointsLeft: 1 }],
  ];
  for (const [what, other] of worse)
    it(`says so when ${what}`, () => {
      assert.notDeepEqual(judgeBalancerScene({ ...good, ...other }).result.broken, []);
    });

  it('lets those who have a descriptor come to the drained worker', () => {
    assert.deepEqual(judgeBalancerScene({ ...good, visits: [...visits, visit(321, 'w3')] }).result.broken, []);
  });

  it('tells of a failed visit what every attempt met', () => {
    const { broken } = judgeBalancerScene({ ...good, visits: [...visits, lost] }).result;
    assert.match(broken.join('\n'), /client1, fresh, at 00:00:12 UTC: onion introduction failed/);
  });
});
