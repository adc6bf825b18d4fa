import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunEvent } from '../../../change/event.ts';
import { watchRestarts } from './restarts.ts';

const started = (item: string, direction: 'apply' | 'undo' = 'apply'): RunEvent => ({
  kind: 'step.started',
  item,
  step: 'restart',
  direction,
  summary: `restart tor@${item}.service: loads mimalloc`,
});
const bootstrapped = (item: string): RunEvent => ({
  kind: 'gate.passed',
  item,
  gate: 'bootstrapped',
  direction: 'apply',
  message: '',
  evidence: {},
});

describe('restarts as a run tells them', () => {
  it('begin with the step, are over when tor is bootstrapped, and end with the item', () => {
    const told: string[] = [];
    const { restarts, onEvent } = watchRestarts({
      begun: (relay, ms) => told.push(`+${relay}${ms}`),
      over: (relay, ms) => told.push(`-${relay}${ms}`),
    });
    onEvent(started('a'), 10);
    onEvent({ kind: 'step.started', item: 'a', step: 'drop-in', direction: 'apply', summary: '' }, 11);
    onEvent(bootstrapped('a'), 20);
    onEvent({ kind: 'item.done', item: 'a', changed: true }, 30);
    assert.deepEqual(told, ['+a10', '-a20']);
    assert.deepEqual(restarts, [{ relay: 'a', why: 'loads mimalloc', fromMs: 10, toMs: 20, gatesPassedMs: 30 }]);
  });

  it('end where the next one of the same relay begins, when it never came back', () => {
    const { restarts, onEvent } = watchRestarts({ begun: () => {}, over: () => {} });
    onEvent(started('a'), 10);
    onEvent(started('a', 'undo'), 20);
    assert.deepEqual(
      restarts.map(({ why, toMs }) => [why, toMs]),
      [
        ['loads mimalloc', 20],
        ['goes back', undefined],
      ],
    );
  });
});
