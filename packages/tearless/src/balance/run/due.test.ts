import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Layout } from '../model/layout.ts';
import type { Traits } from '../publish/content.ts';
import { type DueQuestion, decideDue, digestRound as digest } from './due.ts';

const traits: Traits = { flowControl: null, isSingleOnionService: false };
const open = { clients: [], caa: [], isCaaCritical: false };
const digestRound = (of: Layout, kept: Traits) => digest(of, kept, open);
const layout = (chosen: Record<string, string[]>): Layout => ({
  policy: 'distinct',
  round: 0,
  chosen: new Map(
    Object.entries(chosen).map(([directory, keys]) => [
      directory,
      keys.map((key, index) => ({ worker: 'w', index, key })),
    ]),
  ),
  copies: new Map(),
});

const minuteMs = 60_000;
const nowMs = 100 * minuteMs;
const question = (changes: Partial<DueQuestion> = {}): DueQuestion => ({
  before: { digest: 'a', directories: new Set(['A', 'B']), missed: new Set() },
  digest: 'a',
  directories: new Set(['B', 'A']),
  nowMs,
  scheduledMs: nowMs + 30 * minuteMs,
  gatheredMs: undefined,
  retryMs: undefined,
  ...changes,
});

describe('when a round is due', () => {
  it('is at once where nothing stands', () => {
    assert.equal(decideDue(question({ before: undefined })).kind, 'round');
  });

  it('is not while nothing has changed and its time has not come', () => {
    const due = decideDue(question());
    assert.deepEqual(due.kind === 'not-due' && due.nextMs, nowMs + 30 * minuteMs);
  });

  it('is at once when other directories are responsible, also while changes are gathered', () => {
    const other = question({ directories: new Set(['A', 'C']), digest: 'b', gatheredMs: nowMs + minuteMs });
    assert.equal(decideDue(other).kind, 'round');
    assert.equal(decideDue(question({ directories: new Set(['A']) })).kind, 'round');
  });

  it('waits until changes have been gathered', () => {
    const early = decideDue(question({ digest: 'b', gatheredMs: nowMs + 1 }));
    assert.deepEqual(early.kind === 'not-due' && early.nextMs, nowMs + 1);
    assert.equal(decideDue(question({ digest: 'b', gatheredMs: nowMs })).kind, 'round');
  });

  it('comes with time', () => {
    assert.equal(decideDue(question({ scheduledMs: nowMs })).kind, 'round');
    const gathering = question({ digest: 'b', gatheredMs: nowMs + minuteMs, scheduledMs: nowMs });
    assert.equal(decideDue(gathering).kind, 'round', 'also while changes are gathered');
  });

  it('tries only those again that missed it, when their pause is over', () => {
    const before = { digest: 'a', directories: new Set(['A', 'B']), missed: new Set(['B']) };
    assert.equal(decideDue(question({ before, retryMs: nowMs })).kind, 'retry');
    const early = decideDue(question({ before, retryMs: nowMs + 5 }));
    assert.deepEqual(early.kind === 'not-due' && early.nextMs, nowMs + 5);
  });
});

describe('the digest of a round', () => {
  it('is the same whatever the order of directories and points', () => {
    assert.equal(
      digestRound(layout({ A: ['1', '2'], B: ['3'] }), traits),
      digestRound(layout({ B: ['3'], A: ['2', '1'] }), traits),
    );
  });

  it('tells other points, other places and other promises apart', () => {
    const digests = [
      digestRound(layout({ A: ['1', '2'], B: ['3'] }), traits),
      digestRound(layout({ A: ['1'], B: ['2', '3'] }), traits),
      digestRound(layout({ A: ['1', '2'], B: ['4'] }), traits),
      digestRound(layout({ A: ['1', '2'], B: ['3'] }), { ...traits, isSingleOnionService: true }),
      digestRound(layout({ A: ['1', '2'], B: ['3'] }), {
        ...traits,
        flowControl: { versions: '1-2', sendmeIncrement: 31 },
      }),
      digest(layout({ A: ['1', '2'], B: ['3'] }), traits, { ...open, clients: [new Uint8Array(32)] }),
      digest(layout({ A: ['1', '2'], B: ['3'] }), traits, { ...open, isCaaCritical: true }),
    ];
    assert.equal(new Set(digests).size, digests.length);
  });
});
