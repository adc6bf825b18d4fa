import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReportOutcome } from '../../report/experiment/experiment-report.ts';
import { sayOutcomes } from './say-outcomes.ts';

const outcome = (
  title: string,
  better: ReportOutcome['better'],
  difference: number,
  adjustedP: number | null,
): ReportOutcome => ({
  ...{ id: title, title, unit: 'hours', better, definition: '', window: { from: '', to: '' } },
  arms: [
    { arm: 'live', relays: 8, mean: null, versusControl: versus(difference, adjustedP), limitation: null },
    { arm: 'restart', relays: 8, mean: null, versusControl: null, limitation: null },
  ],
});
const versus = (mean: number, adjustedP: number | null) => ({
  ratio: null,
  difference: { mean, low: null, high: null },
  adjustedP,
});
const arms = [
  { id: 'restart', name: 'restart' },
  { id: 'live', name: 'live update' },
];

describe('the verdict on outcomes', () => {
  it('says which way an arm differs, by what is better in each', () => {
    const outcomes = [
      outcome('hours', 'higher', 12, 0.01),
      outcome('cut', 'lower', -40, 0.02),
      outcome('late', 'lower', 3, 0.03),
      outcome('bytes', 'higher', 1, 0.4),
    ];
    assert.deepEqual(sayOutcomes(outcomes, arms, 'restart'), [
      'live update (live) is better than control in hours (adjusted p = 0.010); cut (adjusted p = 0.020).',
      'live update (live) is worse than control in late (adjusted p = 0.030).',
      'live update (live) is not told apart from control in bytes.',
    ]);
  });

  it('names what could not be tested beside the rest', () => {
    const outcomes = [outcome('hours', 'higher', 12, 0.01), outcome('cut', 'lower', 1, null)];
    assert.deepEqual(sayOutcomes(outcomes, arms, 'restart'), [
      'live update (live) is better than control in hours (adjusted p = 0.010).',
      'No p value can be given for cut of live update (live); why stands with each.',
    ]);
  });

  it('says where nothing could be tested, and nothing without a template or a control', () => {
    assert.deepEqual(sayOutcomes([outcome('hours', 'higher', 1, null)], arms, 'restart'), [
      'No p value can be given for the outcomes of live update (live); why stands with each.',
    ]);
    assert.deepEqual(sayOutcomes([], arms, 'restart'), []);
    assert.deepEqual(sayOutcomes([outcome('hours', 'higher', 1, 0.1)], arms, null), []);
  });
});
