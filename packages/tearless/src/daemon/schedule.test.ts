import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  hsDirBudget,
  largestShareDown,
  type RestartCandidate,
  type ScheduleLimits,
  scheduleRestarts,
} from './schedule.ts';
import { addShares, noShare } from './weight.ts';

const free: ScheduleLimits = {
  batchSizes: [100],
  weightDown: undefined,
  hsDirLoss: undefined,
  fleetHsDirs: 0,
  recentHsDirLosses: 0,
  avoidFlagLoss: false,
};
const plain = (id: string, change: Partial<RestartCandidate> = {}): RestartCandidate => ({
  id,
  share: noShare,
  losesHsDir: false,
  losesFlags: false,
  ...change,
});
const ids = (amount: number): string[] => Array.from({ length: amount }, (_, index) => `r${index}`);

test('batch sizes apply in order and the last one repeats', () => {
  const { batches } = scheduleRestarts(
    ids(8).map((id) => plain(id)),
    { ...free, batchSizes: [1, 3] },
  );
  assert.deepEqual(batches, [['r0'], ['r1', 'r2', 'r3'], ['r4', 'r5', 'r6'], ['r7']]);
});

test('a batch ends where the network would lose too much, and a relay that is too much alone stands alone', () => {
  const guard = (part: number) => ({ share: { guard: part, exit: 0, hsDir: 0 } });
  const { batches, tooHeavy } = scheduleRestarts(
    [plain('a', guard(0.06)), plain('b', guard(0.04)), plain('c', guard(0.01)), plain('d', guard(0.2)), plain('e')],
    { ...free, weightDown: 0.1 },
  );
  assert.deepEqual(batches, [['a', 'b'], ['c'], ['d'], ['e']]);
  assert.deepEqual(tooHeavy, ['d']);
});

test('at most a fifth of the HSDirs lose the flag within 96 h; the rest waits its turn', () => {
  const candidates = [...ids(10).map((id) => plain(id, { losesHsDir: true, losesFlags: true })), plain('free')];
  const schedule = scheduleRestarts(candidates, { ...free, hsDirLoss: 0.2, fleetHsDirs: 20 });
  assert.deepEqual(schedule.batches, [['r0', 'r1', 'r2', 'r3', 'free']]);
  assert.deepEqual(schedule.later, [
    { afterHours: 96, ids: ['r4', 'r5', 'r6', 'r7'] },
    { afterHours: 192, ids: ['r8', 'r9'] },
  ]);
  const confirmed = scheduleRestarts(candidates, { ...free, hsDirLoss: undefined, fleetHsDirs: 20 });
  assert.deepEqual([confirmed.batches.flat().length, confirmed.later], [11, []]);
});

test('HSDirs lost by an earlier run count until they are back', () => {
  const limits = { ...free, hsDirLoss: 0.2, fleetHsDirs: 16, recentHsDirLosses: 4 };
  assert.equal(hsDirBudget(limits), 0);
  const schedule = scheduleRestarts([plain('a', { losesHsDir: true }), plain('b')], limits);
  assert.deepEqual(schedule.batches, [['b']]);
  assert.deepEqual(schedule.later, [{ afterHours: 96, ids: ['a'] }]);
});

test('a small fleet may lose one HSDir at a time', () => {
  assert.equal(hsDirBudget({ ...free, hsDirLoss: 0.2, fleetHsDirs: 3 }), 1);
  assert.equal(hsDirBudget({ ...free, hsDirLoss: 0.2, fleetHsDirs: 2, recentHsDirLosses: 1 }), 0);
});

test('relays that lose nothing go first when asked for', () => {
  const candidates = [plain('a', { losesFlags: true }), plain('b'), plain('c', { losesFlags: true }), plain('d')];
  assert.deepEqual(scheduleRestarts(candidates, { ...free, avoidFlagLoss: true }).batches, [['b', 'd', 'a', 'c']]);
  assert.deepEqual(scheduleRestarts(candidates, free).batches, [['a', 'b', 'c', 'd']]);
});

test('every relay is scheduled exactly once and no batch breaks a limit it could keep', () => {
  const candidate = fc.record({
    share: fc.record({
      guard: fc.double({ min: 0, max: 0.15, noNaN: true }),
      exit: fc.constant(0),
      hsDir: fc.constant(0),
    }),
    losesHsDir: fc.boolean(),
    losesFlags: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 25 }), fc.nat(20), fc.boolean(), (entries, recent, avoidFlagLoss) => {
      const candidates = entries.map((entry, index) => ({ id: `r${index}`, ...entry }));
      const fleetHsDirs = candidates.filter(({ losesHsDir }) => losesHsDir).length;
      const limits = {
        batchSizes: [1, 4],
        weightDown: 0.1,
        hsDirLoss: 0.2,
        fleetHsDirs,
        recentHsDirLosses: recent,
        avoidFlagLoss,
      };
      const { batches, later, tooHeavy } = scheduleRestarts(candidates, limits);
      const all = [...batches.flat(), ...later.flatMap((window) => window.ids)];
      assert.deepEqual([...all].sort(), candidates.map(({ id }) => id).sort());
      const byId = new Map(candidates.map((entry) => [entry.id, entry]));
      const losing = (list: readonly string[]) => list.filter((id) => byId.get(id)?.losesHsDir === true).length;
      assert.ok(losing(batches.flat()) <= hsDirBudget(limits));
      for (const batch of batches) {
        assert.ok(batch.length <= 4);
        const sum = addShares(batch.map((id) => byId.get(id)?.share ?? noShare));
        assert.ok(sum.guard <= 0.1 + 1e-6 || (batch.length === 1 && tooHeavy.includes(batch[0] ?? '')));
      }
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('the largest share down is that of the worst batch in each position', () => {
  const shares = {
    a: { guard: 0.1, exit: 0, hsDir: 0 },
    b: { guard: 0.1, exit: 0, hsDir: 0 },
    c: { guard: 0, exit: 0.3, hsDir: 0 },
  };
  const largest = largestShareDown([['a', 'b'], ['c']], (id) => shares[id as keyof typeof shares]);
  assert.deepEqual(largest, { guard: 0.2, exit: 0.3, hsDir: 0 });
});
