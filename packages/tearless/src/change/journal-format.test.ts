// Journal entries as text, and what entries come to: reading back, torn lines, dropped entries, merging.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readOwnHolder } from '../store/holder.ts';
import { parseEvent, parseHostJournal, parsePart, renderEntryLine, renderPartLine } from './entry-format.ts';
import { type JournalEvent, tellEvent } from './event.ts';
import { countingEntries, createFold, type JournalEntry } from './fold.ts';
import { parseHostRuns } from './host-journal.ts';
import { cutPart, joinParts, readPart, wholePart } from './plan-part.ts';
import { mergeJournals } from './sync.ts';
import { planOf, twoItems } from './testing/fleet.ts';

const by = readOwnHolder();
const failure = { kind: 'failed' as const, code: 'x-y', message: 'm', hint: 'h', causes: ['c'], lines: ['l'] };
const item = 'h1/a';
const step = 'drop-in';
const gate = 'g';

/** One of each kind; the record's type makes a forgotten one an error. */
const samples: { readonly [K in JournalEvent['kind']]: Extract<JournalEvent, { kind: K }> } = {
  'run.started': { kind: 'run.started', fleet: 'f', digest: 'd', by },
  'run.resumed': { kind: 'run.resumed', direction: 'undo', by },
  'batch.started': { kind: 'batch.started', batch: 0, items: [item] },
  'batch.done': { kind: 'batch.done', batch: 0 },
  'run.stopped': { kind: 'run.stopped', batch: 1, failure },
  'undo.started': { kind: 'undo.started', batch: 1 },
  'run.finished': { kind: 'run.finished', outcome: 'failed-undone' },
  'journal.dropped': { kind: 'journal.dropped', host: 'h1', ids: ['a.1'] },
  'item.started': { kind: 'item.started', item },
  'item.prepared': { kind: 'item.prepared', item, memories: { restart: { pid: 7 }, reload: null } },
  'step.skipped': { kind: 'step.skipped', item, step },
  'step.intended': { kind: 'step.intended', item, step, memory: { former: null, list: [1, 'x', true] } },
  'step.done': { kind: 'step.done', item, step },
  'step.verified': { kind: 'step.verified', item, step, evidence: { sha256: 'abc' } },
  'step.failed': { kind: 'step.failed', item, step, failure },
  'gate.passed': { kind: 'gate.passed', item, gate, direction: 'apply', message: 'm', evidence: {} },
  'gate.failed': { kind: 'gate.failed', item, gate, direction: 'undo', failure, evidence: { found: [] } },
  'item.done': { kind: 'item.done', item, changed: true },
  'item.failed': { kind: 'item.failed', item, failure, unknown: true },
  'item.undo-started': { kind: 'item.undo-started', item },
  'undo.step-intended': { kind: 'undo.step-intended', item, step },
  'undo.step-done': { kind: 'undo.step-done', item, step },
  'item.undone': { kind: 'item.undone', item },
  'item.undo-failed': { kind: 'item.undo-failed', item, failure },
};
const events = Object.values(samples);
const entries = events.map((event, at): JournalEntry => ({ id: `s.${at + 1}`, atMs: 1000 + at, event }));

describe('journal entries', () => {
  it('of every kind come back as they were, from the store and from a host', () => {
    for (const event of events) assert.deepEqual(parseEvent(JSON.stringify(event), 'entry'), event);
    assert.deepEqual(parseHostJournal(entries.map(renderEntryLine).join(''), 'h1').entries, entries);
  });

  it('that were appended twice, because an answer was lost, count once', () => {
    const text = entries.map(renderEntryLine).join('');
    assert.deepEqual(parseHostJournal(text + text, 'h1').entries, entries);
  });

  it('cut off at any byte: whole lines count, the torn one is named, nothing is made up', () => {
    const text = entries.map(renderEntryLine).join('');
    fc.assert(
      fc.property(fc.nat(text.length), (end) => {
        const cut = text.slice(0, end);
        const whole = cut.split('\n').length - 1;
        const read = parseHostJournal(cut, 'h1');
        // A line that lacks only its newline is whole.
        const lacksOnlyNewline = read.entries.length === whole + 1;
        assert.deepEqual(read.entries, entries.slice(0, whole + (lacksOnlyNewline ? 1 : 0)));
        const torn = cut.endsWith('\n') || cut === '' || lacksOnlyNewline ? [] : [whole + 1];
        assert.deepEqual(read.tornLines, torn);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  for (const [title, line] of [
    ['an unknown event', '{"id":"a","atMs":1,"event":{"kind":"step.vanished","item":"i"}}'],
    ['a missing field', '{"id":"a","atMs":1,"event":{"kind":"step.done","item":"i"}}'],
    ['neither entry nor plan', '{"hello":1}'],
  ] as const) {
    it(`with ${title} are an error that names the line, not a gap`, () => {
      const text = `${renderEntryLine({ id: 'x.1', atMs: 1, event: samples['item.started'] })}${line}\n`;
      assert.throws(() => parseHostJournal(text, 'h1'), {
        code: 'change-journal-damaged',
        message: /^h1: journal line 2/,
      });
    });
  }

  it('are told to subscribers without their memories', () => {
    for (const event of events) {
      const told = JSON.stringify(tellEvent(event));
      assert.ok(!told.includes('memor'), told);
    }
  });
});

describe('a plan’s parts', () => {
  const plan = planOf(twoItems(), { batches: [['h2/b'], ['h1/a']] });
  const whole = wholePart(plan);

  it('joined again are the plan, digest and all', () => {
    const parts = ['h2', 'h1'].map((host) => parseHostJournal(renderPartLine(cutPart(whole, host)), host).parts[0]);
    const [first, second] = parts;
    assert.ok(first && second);
    assert.deepEqual(
      first.plan.items.map(({ host }) => host),
      ['h2'],
    );
    const joined = joinParts(first, [second]);
    assert.deepEqual(readPart(joined), { plan, missingItems: [] });
    assert.deepEqual(parsePart(JSON.stringify(joined), 'store'), joined);
  });

  it('without one host lack its items, in the batches too, and say so', () => {
    const known = readPart(cutPart(whole, 'h1'));
    assert.deepEqual(known.missingItems, ['h2/b']);
    assert.deepEqual(known.plan.batches, [[], ['h1/a']]);
  });

  it('of different plans are not joined', () => {
    const other = wholePart(planOf(twoItems('other')));
    assert.throws(() => joinParts(whole, [other]), { code: 'change-plan-mixed' });
  });
});

describe('merging journals', () => {
  const entry = (id: string, atMs: number): JournalEntry => ({ id, atMs, event: samples['item.started'] });

  it('keeps each host’s own order even where clocks disagree, and every entry once', () => {
    const merged = mergeJournals([
      [entry('run', 1), entry('a1', 5), entry('a2', 2), entry('end', 9)],
      [entry('run', 1), entry('b1', 3), entry('b2', 4), entry('end', 9)],
    ]);
    assert.deepEqual(
      merged.map(({ id }) => id),
      ['run', 'b1', 'b2', 'a1', 'a2', 'end'],
    );
  });
});

describe('what entries come to', () => {
  const plan = planOf(twoItems());
  const start = { run: 'r', plan, missingItems: [], startedMs: 0 };
  const fold = (...list: readonly JournalEvent[]) => {
    const run = createFold(start);
    const entries = list.map((event, at) => ({ id: `s.${at + 1}`, atMs: at, event }));
    for (const entry of countingEntries(entries)) run.add(entry);
    return run.state();
  };

  it('a step remembers what undo needs through everything that follows', () => {
    const state = fold(
      samples['item.started'],
      samples['step.intended'],
      samples['step.done'],
      samples['step.verified'],
      samples['undo.step-intended'],
    );
    assert.deepEqual(state.items[item]?.steps[step], {
      progress: 'verified',
      memory: samples['step.intended'].memory,
      evidence: { sha256: 'abc' },
      undo: 'intended',
    });
  });

  it('entries that were dropped do not count', () => {
    const dropped = { kind: 'journal.dropped', host: 'h1', ids: ['s.2'] } as const;
    assert.deepEqual(fold(samples['item.started'], samples['step.intended'], dropped).items[item]?.steps, {});
  });

  it('a run that goes on after it had ended is open again', () => {
    assert.equal(fold(samples['run.finished']).outcome, 'failed-undone');
    assert.equal(fold(samples['run.finished'], samples['run.resumed']).outcome, undefined);
  });

  it('of no entries is a run with every item pending', () => {
    const { items } = fold();
    assert.deepEqual(
      Object.values(items).map(({ phase }) => phase),
      ['pending', 'pending'],
    );
  });
});

describe('the helper’s list of runs', () => {
  it('is read line by line', () => {
    assert.deepEqual(parseHostRuns('20260301-a/journal.ndjson 1204 1767225600.1230000000\nnoise\n'), [
      { run: '20260301-a', sizeBytes: 1204, changedMs: 1767225600123 },
    ]);
  });
});
