// A line is ticked by what proves it and stays open without; what was taken back proves nothing.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sealPlan } from '../../change/digest.ts';
import type { JournalEvent, RunOutcome } from '../../change/event.ts';
import { buildChecklist, type ChecklistInput, type ConclusionRun } from './checklist.ts';
import type { Leaving } from './leaving.ts';
import { renderChecklist } from './render-checklist.ts';

const atMs = Date.UTC(2026, 0, 9, 12);
const leaving: Leaving = {
  id: 'h1:/etc/cron.d/x:1',
  host: 'h1',
  path: '/etc/cron.d/x',
  text: 'job',
  origin: 'experiment',
  verdict: 'remove',
  evidence: ['because'],
  action: { kind: 'cron', sha256: 'a'.repeat(64) },
};
const runOf = (events: readonly JournalEvent[], outcome: RunOutcome = 'done'): ConclusionRun => ({
  run: 'r1',
  outcome,
  entries: events.map((event, index) => ({ id: `${index}`, atMs: atMs + index * 1000, event })),
  plan: sealPlan({
    id: 'p',
    createdAt: new Date(atMs).toISOString(),
    fleet: 'f',
    items: [
      {
        id: 'h1/(experiment)',
        subject: 'h1',
        host: 'h1',
        steps: [{ id: 'cron', kind: 'cron.cut', symbol: '-', summary: '', params: {} }],
        gates: [],
        undoGates: [],
      },
    ],
    batches: [['h1/(experiment)']],
    maxFail: 0,
    cost: { restarts: 0, lines: [], estimatedSeconds: 0 },
    warnings: [],
  }),
});
const proved: JournalEvent = { kind: 'step.verified', item: 'h1/(experiment)', step: 'cron', evidence: {} };
const input: ChecklistInput = {
  experiment: 'mem',
  collection: { hosts: [{ host: 'h1', atMs, relays: 2 }], gaps: [] },
  archive: {
    directory: '/srv/mem',
    files: 8,
    bytes: 100,
    manifestSha256: 'b'.repeat(64),
    missing: [],
    charts: ['charts/memory.svg'],
    backups: ['backup/h1/etc/cron.d/x'],
  },
  leavings: [leaving],
  runs: [runOf([proved])],
  verified: [{ relay: 'h1/a', isRight: true, allocator: 'mimalloc', evidence: 'PID 1 maps it' }],
  wrongCounts: [],
  failedUnits: [],
  isMonitoringWanted: true,
  monitored: ['h1'],
  unmonitored: [],
  stillThere: [],
  baseline: { dueMs: atMs },
};
const openOf = (change: Partial<ChecklistInput>): string[] =>
  buildChecklist({ ...input, ...change }).flatMap(({ id, state }) => (state === 'open' ? [id] : []));
const evidenceOf = (id: string, change: Partial<ChecklistInput> = {}): string =>
  buildChecklist({ ...input, ...change })
    .find((line) => line.id === id)
    ?.evidence.join('\n') ?? '';

describe('the checklist', () => {
  it('has one line open where all is done but the baseline', () => {
    assert.deepEqual(openOf({}), ['baseline']);
    assert.deepEqual(openOf({ baseline: { dueMs: atMs, taken: { atMs, summary: ['2 relays'] } } }), []);
    assert.match(evidenceOf('cron'), /run r1: h1\/\(experiment\) cron, proved 2026-01-09T12:00:00Z/);
  });

  const without: readonly (readonly [string, Partial<ChecklistInput>, string])[] = [
    ['a host that was not measured', { collection: { hosts: [], gaps: ['h1: away'] } }, 'final-collection'],
    ['a file of the retention list missing', { archive: { ...input.archive, missing: ['plan.json'] } }, 'archive'],
    ['a thing still there', { stillThere: [leaving.id] }, 'cron'],
    ['a run that did not end', { runs: [runOf([proved], 'interrupted')] }, 'target'],
    ['shares that do not fit', { wrongCounts: ['1 relays have mimalloc, not 2'] }, 'target'],
    [
      'one relay among many that is wrong',
      { verified: [{ relay: 'h1/b', isRight: false, allocator: 'glibc', evidence: 'x' }] },
      'verified',
    ],
    ['no relay looked at', { verified: [] }, 'verified'],
    ['a unit that failed', { failedUnits: ['tor@a'] }, 'health'],
    ['a host that says nothing', { unmonitored: ['h2'] }, 'monitoring'],
    ['no charts', { archive: { ...input.archive, charts: [] } }, 'final-charts'],
  ];
  for (const [what, change, id] of without)
    it(`stays open with ${what}`, () => assert.deepEqual(openOf(change), [id, 'baseline']));

  it('is done with a run that did what an earlier one took back', () => {
    assert.deepEqual(openOf({ runs: [runOf([], 'failed-undone'), runOf([proved])] }), ['baseline']);
    assert.deepEqual(openOf({ runs: [runOf([], 'failed'), runOf([proved])] }), ['target', 'baseline']);
    assert.deepEqual(openOf({ runs: [runOf([proved]), runOf([], 'failed-undone')] }), ['target', 'baseline']);
  });

  it('does not count a step that was taken back', () => {
    const back: JournalEvent = { kind: 'undo.step-done', item: 'h1/(experiment)', step: 'cron' };
    assert.doesNotMatch(evidenceOf('cron', { runs: [runOf([proved, back])] }), /proved/);
  });

  it('says what stays and why, where nothing goes', () => {
    const [line] = buildChecklist({ ...input, leavings: [{ ...leaving, verdict: 'ask' }] }).filter(
      ({ id }) => id === 'cron',
    );
    assert.equal(line?.state, 'none');
    assert.match(line?.evidence.join('\n') ?? '', /not touched: h1:\/etc\/cron\.d\/x:1 \(ask\): because/);
  });

  it('reads as a document', () => {
    const text = renderChecklist(
      { id: 'mem', title: 'Memory' },
      'mimalloc=90%,jemalloc=10%',
      buildChecklist(input),
      atMs,
    );
    assert.match(
      text,
      /^# End of the experiment mem\n\nMemory\n\nAs of 2026-01-09T12:00:00Z\. Target: mimalloc=90%,jemalloc=10%\.\n/,
    );
    assert.match(text, /^- \[x\] Jobs of cron removed$/m);
    assert.match(text, /^- \[ \] Baseline after the change$/m);
    assert.match(text, /^- \[-\] Restart timers/m);
  });
});
