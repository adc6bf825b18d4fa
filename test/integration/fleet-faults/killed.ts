// Killed at the points of a change that restarts: the next one, here or elsewhere, brings the planned or the former state.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { SeenFleet } from '../support/fault-fleet.ts';
import type { Operator, Pattern } from '../support/operator.ts';
import { type FaultStage, mimalloc, resumeLast, undoLast } from './stage.ts';

export const describeKilled = (stage: FaultStage): void => {
  describe('of relays that load another allocator', { concurrency: 1 }, () => {
    const wishes = { ...mimalloc, hosts: ['h1'] };
    const load = ['apply', '--yes', '--limit', 'h1/alpha'];
    let here: SeenFleet;
    before(async () => {
      here = await stage.fleet.see('h1');
    });

    const kill = (operator: Operator, pattern: Pattern, words: readonly string[]): Promise<void> =>
      stage.fleet.killAt(operator.start(...words), pattern, 'h1');

    test('killed before its first effect, its locks say what to do, and it is undone', async () => {
      await using operator = stage.fleet.operator(wishes);
      await kill(operator, { kind: 'step.intended' }, load);
      const { error } = (await operator.run(6, ...load)).result;
      assert.match(error.hint, /tearless run resume \S+.*tearless run undo/);
      await operator.run(0, ...undoLast);
      await stage.fleet.assertUntouched(here);
    });

    test('killed after it wrote the drop-in, it is undone from another machine with what the hosts know', async () => {
      await using operator = stage.fleet.operator(wishes);
      await using stranger = stage.fleet.operator(wishes, true);
      await kill(operator, { kind: 'step.done', step: 'drop-in' }, load);
      const [{ run }] = (await stranger.run(0, 'run', 'ls', '--hosts')).result.onHosts;
      const undo = ['run', 'undo', run, '--from-hosts', '--yes'];
      const { error } = (await stranger.run(6, ...undo)).result;
      assert.match(error.hint, /--take-over/);
      assert.equal((await stranger.run(0, ...undo, '--take-over')).result.outcome, 'undone');
      await stage.fleet.assertUntouched(here);
    });

    test('killed after the restart, it is resumed, a second time there is nothing to do, and it goes back', async () => {
      await using operator = stage.fleet.operator(wishes);
      await kill(operator, { kind: 'step.done', step: 'restart' }, load);
      assert.equal((await operator.run(0, ...resumeLast)).result.outcome, 'done');
      const loaded = await stage.fleet.see('h1');
      assert.equal(loaded.h1?.relays.alpha?.allocator, 'mimalloc');
      assert.deepEqual(loaded.h1?.relays.bravo, here.h1?.relays.bravo);
      assert.equal((await operator.run(0, ...load)).result.run, null);
      await stage.fleet.assertUntouched(loaded);
      await operator.run(0, ...undoLast);
      await stage.fleet.assertAs(here);
    });

    test('killed at its gates, and killed while it is undone, it goes on going back', async () => {
      await using operator = stage.fleet.operator(wishes);
      await kill(operator, { kind: 'gate.waiting' }, load);
      await kill(operator, { kind: 'undo.step-done', step: 'drop-in' }, undoLast);
      assert.equal((await operator.run(0, ...resumeLast)).result.outcome, 'undone');
      await stage.fleet.assertAs(here);
    });
  });
};
