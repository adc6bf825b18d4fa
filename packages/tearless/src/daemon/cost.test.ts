import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateSpec } from '../change/plan.ts';
import { estimateSeconds, type RelayCost, renderCost } from './cost.ts';
import type { FlagLoss } from './flags.ts';

const hsDir: FlagLoss = { flag: 'HSDir', hours: 96, cause: 'restart', certain: true };
const cost = (relay: string, change: Partial<RelayCost>): RelayCost => ({
  relay,
  activation: 'restart',
  losses: [],
  hsDirHoursThrownAway: 0,
  ...change,
});

test('restarts and the flag they cost are one sentence', () => {
  assert.deepEqual(renderCost(['a', 'b', 'c'].map((relay) => cost(relay, { losses: [hsDir] }))), [
    '3 relays restart; 3 lose HSDir for 96 h',
  ]);
  assert.deepEqual(renderCost([cost('a', { losses: [hsDir] }), cost('b', {})]), [
    '2 relays restart; 1 loses HSDir for 96 h',
  ]);
  assert.deepEqual(renderCost([cost('a', {})]), ['1 relay restarts; no flag is lost']);
});

test('what an option costs is told apart from what a restart costs', () => {
  const dirCache = ['V2Dir', 'Guard'].map((flag): FlagLoss => ({ flag, cause: 'DirCache 0', certain: true }));
  assert.deepEqual(
    renderCost([cost('a', { activation: 'reload', losses: dirCache }), cost('b', { losses: [hsDir] })]),
    [
      '1 relay restarts; 1 loses HSDir for 96 h',
      '1 relay reloads: uptime and flags stay',
      '1 loses V2Dir as long as DirCache 0 stands',
      '1 loses Guard as long as DirCache 0 stands',
    ],
  );
});

test('relays on their way to HSDir are named with what they throw away', () => {
  assert.deepEqual(
    renderCost([cost('a', { hsDirHoursThrownAway: 40 }), cost('b', { hsDirHoursThrownAway: 12 }), cost('c', {})]),
    ['3 relays restart; no flag is lost', '2 start their 96 h to HSDir anew (at most 40 h thrown away)'],
  );
});

test('a plan without interruption says so', () => {
  assert.deepEqual(renderCost([]), ['nothing is interrupted']);
  assert.deepEqual(renderCost([cost('a', { activation: 'none' })]), ['nothing is interrupted']);
});

const gate = (id: string): GateSpec => ({ id, kind: id, summary: id, params: {}, deadlineMs: 1 });
const item = (host: string, restarts: boolean, ...waits: string[]) => ({
  host,
  restarts,
  shutdownSeconds: 30,
  gates: waits.map(gate),
  expectedSeconds: ({ kind }: GateSpec) => Number(kind),
});

test('time is the sum over batches of the slowest item of each', () => {
  assert.equal(estimateSeconds([]), 0);
  const batches = [[item('h1', true, '60', '5')], [item('h1', true, '10'), item('h2', false, '20')]];
  assert.equal(estimateSeconds(batches), 93 + 43);
});

test('more relays than the engine works on at once take longer', () => {
  const limits = { itemsPerHost: 4, itemsAtOnce: 8 };
  const batch = (hosts: number) => Array.from({ length: 24 }, (_, index) => item(`h${index % hosts}`, false, '7'));
  assert.equal(estimateSeconds([batch(1)], limits), 60);
  assert.equal(estimateSeconds([batch(2)], limits), 30);
  assert.equal(estimateSeconds([batch(24)], limits), 30);
});
