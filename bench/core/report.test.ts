import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBroken, type Measurement } from './benchmark.ts';
import { renderJson, renderTable } from './report.ts';

const duel: Measurement = { name: 'duel', unit: 'ms', ours: 200, peer: 3000.00049, aim: 20 };
const kept: Measurement = { name: 'kept', unit: 's', ours: 15, limit: 15 };
const broken: Measurement = { name: 'broken', unit: 'ms', ours: 151, limit: 150 };

test('the ratio is above 1 when Tearless is better, and what there is not is null', () => {
  assert.deepEqual(JSON.parse(renderJson([duel, kept])), {
    schema: 'tearless.bench/v1',
    results: [
      { name: 'duel', unit: 'ms', ours: 200, peer: 3000, ratio: 15, limit: null },
      { name: 'kept', unit: 's', ours: 15, peer: null, ratio: null, limit: 15 },
    ],
  });
});

test('a limit is broken above it, and an aim that is missed breaks nothing', () => {
  assert.deepEqual([duel, kept, broken].map(isBroken), [false, false, true]);
});

test('people read whether limits are kept and aims reached', () => {
  assert.deepEqual(renderTable([duel, kept, broken]), [
    'benchmark  Tearless     peer       ratio',
    'duel         200 ms  3000 ms  15.0 times  aim 20 times: missed',
    'kept         15.0 s        -           -  limit 15 s: kept',
    'broken       151 ms        -           -  limit 150 ms: BROKEN',
  ]);
});
