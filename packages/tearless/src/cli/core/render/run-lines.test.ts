// Lines of runs as pipes get them: what a step cost, and what of it really went back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../base/json.ts';
import type { RunEvent } from '../../../change/event.ts';
import type { RunState } from '../../../change/state.ts';
import { createStyle } from '../style.ts';
import { createEventLines } from './run-lines.ts';
import { renderRunState } from './run-state.ts';
import { samplePlan } from './testing/sample-plan.ts';

const plain = createStyle(false);
const steps = [
  { id: 'reload', kind: 'systemd.reload', symbol: '~', summary: 'reload systemd', params: {} },
  { id: 'restart', kind: 'tor.restart', symbol: '!', summary: 'restart tor@a', params: {} },
] as const;
const plan = samplePlan([{ id: 'h1/a', subject: 'h1/a', host: 'h1', steps, gates: [], undoGates: [] }]);
const item = 'h1/a';
const state = (...begun: string[]): RunState => ({
  run: 'r1',
  plan,
  missingItems: [],
  startedMs: 0,
  lastMs: 0,
  items: {
    [item]: {
      id: item,
      phase: 'undone',
      unknown: false,
      gates: {},
      steps: Object.fromEntries(
        steps.map(({ id }) => [
          id,
          { progress: begun.includes(id) ? 'done' : 'pending', undo: 'done', memory: {} } as const,
        ]),
      ),
    },
  },
});
const linesOf = (events: readonly RunEvent[], before?: RunState): (string | undefined)[] => {
  const lineOf = createEventLines({ run: 'r1', plan }, plain, before);
  return events.map(lineOf);
};
const back: RunEvent[] = steps.map(({ id: step }) => ({ kind: 'undo.step-done', item, step }));

describe('the lines of a run', () => {
  it('say how long a relay stood still, and what memory that took, where a step tells', () => {
    const done = (evidence: JsonObject): RunEvent[] => [{ kind: 'step.verified', item, step: 'reload', evidence }];
    assert.deepEqual(linesOf(done({ pauseUs: 1_549, mappedBytes: 2_411_724 })), [
      'h1/a: reload systemd: stood still for 1.5 ms, 2.41 MB mapped',
    ]);
    assert.deepEqual(linesOf(done({ pauseUs: 800 })), ['h1/a: reload systemd: stood still for 0.8 ms']);
    assert.deepEqual(linesOf(done({ mainPid: 1 })), ['h1/a: reload systemd']);
    assert.deepEqual(linesOf(done({ pauseUs: 800, retries: 2 })), [
      'h1/a: reload systemd: stood still for 0.8 ms, tried 3 times',
    ]);
    assert.deepEqual(linesOf(done({ restarted: true })), [
      'h1/a: reload systemd: somebody has restarted it in the meantime',
    ]);
  });

  it('tell of nothing as undone that never began', () => {
    const events: RunEvent[] = [{ kind: 'step.intended', item, step: 'reload' }, ...back];
    assert.deepEqual(linesOf(events), [undefined, 'h1/a: undone: reload systemd', undefined]);
  });

  it('know what began before they were asked for', () => {
    assert.deepEqual(linesOf(back, state('restart')), [undefined, 'h1/a: undone: restart tor@a']);
  });
});

describe('a run that went back', () => {
  it('has steps that were undone, and others that never began', () => {
    const lines = renderRunState(state('reload'), plain);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('    ')),
      ['    ~ reload systemd  undone', '    ! restart tor@a  pending'],
    );
  });
});
