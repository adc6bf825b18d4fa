import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunEvent } from '../../../change/event.ts';
import type { ChangeItem } from '../../../change/plan.ts';
import { createStyle } from '../style.ts';
import { renderPlanLines, renderSeconds } from './plan-lines.ts';
import { renderEventLine } from './run-lines.ts';
import { renderRunView } from './run-live.ts';
import { foldEvent, startView } from './run-view.ts';
import { samplePlan } from './testing/sample-plan.ts';

const plain = createStyle(false);

const item = (id: string): ChangeItem => ({
  id,
  subject: id,
  host: id.split('/')[0] ?? '',
  steps: [
    {
      id: 'drop-in',
      kind: 'file.write',
      symbol: '+',
      summary: `create drop-in of ${id}`,
      detail: ['@@ -0,0 +1 @@', '+[Service]'],
      params: {},
    },
    { id: 'restart', kind: 'tor.restart', symbol: '!', summary: `restart ${id}`, params: {} },
  ],
  gates: [{ id: 'bootstrapped', kind: 'tor.bootstrapped', summary: 'bootstrapped', params: {}, deadlineMs: 1000 }],
  undoGates: [],
});

const plan = samplePlan([item('h1/a'), item('h1/b')], {
  cost: { restarts: 2, lines: ['2 relays restart; 2 lose HSDir for 96 h'], estimatedSeconds: 130 },
  warnings: [{ code: 'family-missing', message: 'no relay declares MyFamily', subjects: ['h1/a', 'h1/b'] }],
});

const failure = { kind: 'refused', code: 'x', message: 'glibc is loaded', causes: [] } as const;
const fold = (events: readonly RunEvent[]) =>
  events.reduce((view, event, index) => foldEvent(view, event, index * 1000), startView(plan, 0));

describe('a plan for people', () => {
  it('shows symbols, batches, warnings, cost and time', () => {
    assert.deepEqual(renderPlanLines(plan, { detail: false }, plain), [
      'batch 1 of 2',
      '  h1/a',
      '    + create drop-in of h1/a',
      '    ! restart h1/a',
      'batch 2 of 2',
      '  h1/b',
      '    + create drop-in of h1/b',
      '    ! restart h1/b',
      '',
      'warning family-missing: no relay declares MyFamily',
      '  h1/a, h1/b',
      'plan p1: 2 to create, 0 to change, 0 to remove, 2 to interrupt',
      'cost 2 relays restart; 2 lose HSDir for 96 h',
      'time about 2 min in 2 batches',
    ]);
  });

  it('shows what changes inside files and the gates when asked to', () => {
    const lines = renderPlanLines(plan, { detail: true }, plain);
    assert.ok(lines.includes('        +[Service]'));
    assert.ok(lines.includes('    ? bootstrapped'));
  });

  it('says that there is nothing to do', () => {
    assert.deepEqual(renderPlanLines({ ...plan, items: [], batches: [], warnings: [] }, { detail: false }, plain), [
      'nothing to do: sample is as declared',
    ]);
  });

  it('writes no escape sequence without colours', () => {
    for (const line of renderPlanLines(plan, { detail: true }, plain)) assert.equal(line.includes('\u001b'), false);
  });

  it('says seconds as people do', () => {
    assert.deepEqual([3, 89, 130, 7000].map(renderSeconds), ['3 s', '89 s', '2 min', '1 h 57 min']);
  });
});

describe('a run as its watcher sees it', () => {
  const applied: RunEvent[] = [
    { kind: 'batch.started', batch: 0, items: ['h1/a'] },
    { kind: 'item.started', item: 'h1/a' },
    { kind: 'step.started', item: 'h1/a', step: 'restart', direction: 'apply', summary: 'restart h1/a' },
  ];

  it('follows an item through its steps and gates to its end', () => {
    assert.equal(fold(applied).items.get('h1/a')?.note, 'restart h1/a');
    const waiting: RunEvent = {
      kind: 'gate.waiting',
      item: 'h1/a',
      gate: 'bootstrapped',
      direction: 'apply',
      message: '45 %',
      evidence: {},
      remainingMs: 1,
    };
    const gating = fold([...applied, waiting, waiting]).items.get('h1/a');
    assert.deepEqual(gating, { id: 'h1/a', phase: 'gating', note: '45 %', sinceMs: 3000 });
    assert.equal(
      fold([...applied, { kind: 'item.done', item: 'h1/a', changed: true }]).items.get('h1/a')?.phase,
      'done',
    );
  });

  it('shows what failed and that the batch goes back', () => {
    const view = fold([
      ...applied,
      { kind: 'item.failed', item: 'h1/a', failure, unknown: false },
      { kind: 'run.stopped', batch: 0, failure },
      { kind: 'undo.started', batch: 0 },
      { kind: 'item.undo-started', item: 'h1/a' },
      { kind: 'item.undone', item: 'h1/a' },
      { kind: 'run.finished', outcome: 'failed-undone' },
    ] as RunEvent[]);
    assert.equal(view.outcome, 'failed-undone');
    assert.equal(view.items.get('h1/a')?.phase, 'undone');
    const lines = renderRunView(view, 9000, 0, 100, plain);
    assert.match(lines[0] ?? '', /1\/2 {2}going back {2}9 s/);
    assert.ok(lines.some((line) => line.includes('↩ h1/a')));
  });

  it('draws no line wider than the terminal', () => {
    const long = 'x'.repeat(500);
    const view = fold([
      ...applied,
      { kind: 'step.started', item: 'h1/a', step: 's', direction: 'apply', summary: long },
    ]);
    for (const line of renderRunView(view, 1_000_000, 3, 80, plain)) assert.ok(line.length <= 80, `${line.length}`);
  });

  it('has a line for each durable event that a person needs, and none for the others', () => {
    const line = (event: RunEvent) => renderEventLine(event, { run: 'r1', plan }, plain);
    assert.equal(line({ kind: 'step.verified', item: 'h1/a', step: 'restart', evidence: {} }), 'h1/a: restart h1/a');
    assert.equal(
      line({ kind: 'gate.failed', item: 'h1/a', gate: 'g', direction: 'apply', failure, evidence: {} }),
      'h1/a: gate failed: glibc is loaded',
    );
    assert.equal(line({ kind: 'run.finished', outcome: 'done' }), 'run r1: done');
    assert.equal(line({ kind: 'step.done', item: 'h1/a', step: 'restart' }), undefined);
  });
});
