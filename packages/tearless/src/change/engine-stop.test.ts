// Ctrl-C: the first ends a run after its current step, the second cuts it off; both can be resumed or undone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyPlan, resumeRun, undoRun } from './engine.ts';
import { gate, planOf, relayItem, testRegistry } from './testing/fleet.ts';
import { scriptedGate } from './testing/pretended-tor.ts';
import { openTestWorld, type TestWorld, twoRelays } from './testing/world.ts';

const plan = planOf(twoRelays.map(relayItem), { batches: [['h1/a'], ['h2/b']] });

/** Aborts the controller at the nth time a point of that name is reached. */
const abortAt = (controller: AbortController, point: string, nth = 1) => {
  let reached = 0;
  return (name: string): void => {
    if (name === point) reached += 1;
    if (name === point && reached === nth) controller.abort(new Error('Ctrl-C'));
  };
};

const planned = await (async () => {
  await using world = await openTestWorld(twoRelays);
  await applyPlan({ ...world.setup(), plan });
  return world.look();
})();

const goesOnAndBack = async (world: TestWorld, former: ReturnType<TestWorld['look']>): Promise<void> => {
  assert.equal((await resumeRun({ ...world.setup(), run: 'r' })).outcome, 'done');
  assert.deepEqual(world.look(), planned);
  assert.equal((await undoRun({ ...world.setup(), run: 'r' })).outcome, 'undone');
  assert.deepEqual(world.look(), former);
};

describe('stopping after the current step', () => {
  for (const point of ['after-intent', 'after-do', 'after-verified', 'before-gates', 'item-done', 'batch-done']) {
    it(`at ${point}: finishes that step, begins no other, and can be resumed`, async () => {
      await using world = await openTestWorld(twoRelays);
      const former = world.look();
      const stop = new AbortController();
      const result = await applyPlan({
        ...world.setup({ stop: stop.signal, onPoint: abortAt(stop, point) }),
        plan,
        run: 'r',
      });
      assert.equal(result.outcome, 'interrupted');
      const begun = world.events.filter(({ kind }) => kind === 'step.intended').length;
      const verified = world.events.filter(({ kind }) => kind === 'step.verified').length;
      assert.equal(verified, begun);
      assert.equal(result.state.items['h2/b']?.phase, 'pending');
      await goesOnAndBack(world, former);
    });
  }

  it('does not wait for gates', async () => {
    const [first] = twoRelays;
    assert.ok(first);
    await using world = await openTestWorld([first]);
    const stop = new AbortController();
    const registry = testRegistry([
      scriptedGate('test.scripted', async () => {
        stop.abort(new Error('Ctrl-C'));
        return { state: 'waiting', message: 'waits for ever', evidence: {} };
      }),
    ]);
    const gated = planOf([relayItem({ ...first, gates: [gate('scripted', 'test.scripted', {}, 3_600_000)] })]);
    const startMs = Date.now();
    const result = await applyPlan({ ...world.setup({ stop: stop.signal, registry }), plan: gated });
    assert.equal(result.outcome, 'interrupted');
    assert.equal(result.state.items['h1/a']?.failure, undefined);
    assert.ok(result.state.lastMs - startMs < 3_600_000);
  });

  it('after everything is done is no interruption', async () => {
    await using world = await openTestWorld(twoRelays);
    const stop = new AbortController();
    const options = world.setup({ stop: stop.signal, onPoint: abortAt(stop, 'item-done', 2) });
    assert.equal((await applyPlan({ ...options, plan })).outcome, 'done');
  });

  it('in an undo leaves the rest for later, which goes the same way', async () => {
    await using world = await openTestWorld(twoRelays);
    const former = world.look();
    await applyPlan({ ...world.setup(), plan, run: 'r' });
    const stop = new AbortController();
    const options = world.setup({ stop: stop.signal, onPoint: abortAt(stop, 'after-undo', 2) });
    assert.equal((await undoRun({ ...options, run: 'r' })).outcome, 'interrupted');
    assert.notDeepEqual(world.look(), former);
    assert.equal((await resumeRun({ ...world.setup(), run: 'r' })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
  });

  it('while a failed batch goes back leaves the rest for later, which goes on going back', async () => {
    const broken = { host: 'h2', relay: 'b', text: '[Service]\nFAIL=1\n' };
    await using world = await openTestWorld(twoRelays);
    const former = world.look();
    const stop = new AbortController();
    const options = world.setup({ stop: stop.signal, onPoint: abortAt(stop, 'undo-started') });
    const failing = planOf([...twoRelays.slice(0, 1), broken].map(relayItem), { batches: plan.batches });
    assert.equal((await applyPlan({ ...options, plan: failing, run: 'r' })).outcome, 'interrupted');
    assert.equal((await resumeRun({ ...world.setup(), run: 'r' })).outcome, 'failed-undone');
    assert.deepEqual([world.look().h1, world.look().h2], [planned.h1, former.h2]);
  });
});

describe('cutting off', () => {
  for (const point of [
    'before-intent',
    'after-own-intent',
    'after-intent',
    'after-do',
    'after-verified',
    'before-gates',
  ]) {
    it(`at ${point}: ends at once, and can be resumed or undone`, async () => {
      await using world = await openTestWorld(twoRelays);
      const former = world.look();
      const abort = new AbortController();
      const result = await applyPlan({
        ...world.setup({ signal: abort.signal, onPoint: abortAt(abort, point, 2) }),
        plan,
        run: 'r',
      });
      assert.equal(result.outcome, 'interrupted');
      assert.ok(Object.values(result.state.items).every(({ failure }) => failure === undefined));
      await goesOnAndBack(world, former);
    });
  }
});
