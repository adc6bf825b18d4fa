// The engine over hosts that are directories, undoing: what goes back in which order, and what is left alone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sha256Hex } from '../base/json.ts';
import { applyPlan, resumeRun, undoRun } from './engine.ts';
import { extraStep, planOf, relayItem, unitOf } from './testing/fleet.ts';
import { openTestWorld, twoRelays } from './testing/world.ts';

const plan = planOf(twoRelays.map(relayItem));
const serial = planOf(twoRelays.map(relayItem), { batches: [['h1/a'], ['h2/b']] });

const neighbours = [
  { host: 'h1', relay: 'a' },
  { host: 'h1', relay: 'b' },
];

describe('undoing a run', () => {
  it('restores every byte, mode and owner, and removes the directories it made', async () => {
    await using world = await openTestWorld(twoRelays);
    const former = world.look();
    const { run } = await applyPlan({ ...world.setup(), plan: serial });
    assert.notDeepEqual(world.look(), former);
    assert.equal((await undoRun({ ...world.setup(), run })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
  });

  it('goes through batches in reverse', async () => {
    await using world = await openTestWorld(twoRelays);
    const { run } = await applyPlan({ ...world.setup(), plan: serial });
    world.events.length = 0;
    await undoRun({ ...world.setup(), run });
    assert.deepEqual(
      world.events.flatMap((event) => (event.kind === 'item.undone' ? [event.item] : [])),
      ['h2/b', 'h1/a'],
    );
  });

  it('a second time changes nothing', async () => {
    await using world = await openTestWorld(twoRelays);
    const { run } = await applyPlan({ ...world.setup(), plan });
    await undoRun({ ...world.setup(), run });
    const entries = (await world.hostLines('h1', run)).length;
    assert.equal((await undoRun({ ...world.setup(), run })).outcome, 'undone');
    assert.equal((await resumeRun({ ...world.setup(), run })).outcome, 'undone');
    assert.equal((await world.hostLines('h1', run)).length, entries);
  });

  it('activates again what someone else activated: a reload by a neighbour on the same host', async () => {
    await using world = await openTestWorld(neighbours);
    const former = world.look();
    const { run } = await applyPlan({ ...world.setup(), plan: planOf(neighbours.map(relayItem)) });
    const reloads: string[] = [];
    const onRequest = (moment: string, request: string): void => {
      if (moment === 'after' && request === 'daemon-reload') reloads.push(request);
    };
    assert.equal((await undoRun({ ...world.setup({}, () => ({ onRequest })), run })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
    assert.equal(reloads.length, 2);
  });

  it('restarts what someone else restarted before the run came to it', async () => {
    const [first] = twoRelays;
    assert.ok(first);
    await using world = await openTestWorld([first]);
    const former = world.look();
    const stop = new AbortController();
    const onPoint = (name: string, { step }: { readonly step?: string }): void => {
      if (name === 'after-verified' && step === 'reload') stop.abort();
    };
    const stopped = await applyPlan({
      ...world.setup({ stop: stop.signal, onPoint }),
      plan: planOf([relayItem(first)]),
      run: 'r',
    });
    assert.equal(stopped.state.items['h1/a']?.steps.restart?.progress, 'pending');
    await world.hosts('h1').unit('restart', unitOf('a'));
    assert.equal((await undoRun({ ...world.setup(), run: 'r' })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
  });

  it('leaves a daemon alone that never took the new state up', async () => {
    const [first] = twoRelays;
    assert.ok(first);
    await using world = await openTestWorld([first]);
    const [before] = await world.hosts('h1').units([unitOf('a')]);
    const stop = new AbortController();
    const onPoint = (name: string): void => {
      if (name === 'after-verified') stop.abort();
    };
    await applyPlan({ ...world.setup({ stop: stop.signal, onPoint }), plan: planOf([relayItem(first)]), run: 'r' });
    await undoRun({ ...world.setup(), run: 'r' });
    assert.deepEqual(await world.hosts('h1').units([unitOf('a')]), [before]);
  });

  it('takes steps that build on each other back in reverse', async () => {
    await using world = await openTestWorld([{ host: 'h1', relay: 'a' }]);
    const former = world.look();
    const path = '/etc/tor/torrc.d/x';
    const write = (id: string, content: string, expects: string | null) =>
      extraStep(id, 'file.write', { path, content, mode: 0o644, owner: 'root', group: 'root', expects });
    const item = {
      ...relayItem({ host: 'h1', relay: 'a' }),
      gates: [],
      steps: [write('one', '1', null), write('two', '2', sha256Hex('1')), write('three', '3', sha256Hex('2'))],
    };
    const { outcome, run } = await applyPlan({ ...world.setup(), plan: planOf([item]) });
    assert.equal(outcome, 'done');
    assert.equal((await undoRun({ ...world.setup(), run })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
  });

  it('stops at an undo gate that fails, and leaves the earlier batches as planned', async () => {
    await using world = await openTestWorld(twoRelays);
    const never = {
      id: 'never',
      kind: 'test.running',
      summary: 'never',
      params: { unit: 'tor@b.service', wants: 'x' },
      deadlineMs: 5000,
    };
    const [first, second] = serial.items;
    assert.ok(first && second);
    const gated = planOf([first, { ...second, undoGates: [never] }], { batches: serial.batches });
    const { run } = await applyPlan({ ...world.setup(), plan: gated });
    const planned = world.look();
    const result = await undoRun({ ...world.setup(), run });
    assert.equal(result.outcome, 'failed');
    assert.equal(result.state.items['h2/b']?.phase, 'undo-failed');
    assert.equal(result.state.items['h1/a']?.phase, 'done');
    assert.deepEqual(world.look().h1, planned.h1);
  });

  it('again, after an undo gate that failed, starts a daemon that died meanwhile, also when that is killed in between', async () => {
    const [first] = twoRelays;
    assert.ok(first);
    const runs = {
      id: 'runs',
      kind: 'test.running',
      summary: 'runs',
      params: { unit: unitOf('a'), wants: '' },
      deadlineMs: 5000,
    };
    await using world = await openTestWorld([first]);
    const former = world.look();
    await applyPlan({ ...world.setup(), plan: planOf([relayItem({ ...first, undoGates: [runs] })]), run: 'r' });
    const dies = async (name: string, { step }: { readonly step?: string }): Promise<void> => {
      if (name === 'after-undo-done' && step === 'restart') await world.hosts('h1').unit('stop', unitOf('a'));
    };
    const failed = await undoRun({ ...world.setup({ onPoint: dies }), run: 'r' });
    assert.deepEqual([failed.outcome, failed.state.items['h1/a']?.phase], ['failed', 'undo-failed']);
    const killed = (name: string): void => {
      if (name === 'item-undo-started') throw new Error('killed');
    };
    await assert.rejects(undoRun({ ...world.setup({ onPoint: killed }), run: 'r' }), { message: 'killed' });
    const written: string[] = [];
    const onRequest = (moment: string, request: string): void => {
      if (moment === 'after') written.push(request);
    };
    assert.equal((await undoRun({ ...world.setup({}, () => ({ onRequest })), run: 'r' })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
    assert.equal(written.filter((request) => request === 'unit restart').length, 1);
    assert.ok(!written.includes('write') && !written.includes('remove'));
  });

  it('killed before anything went back is still an undo when it is resumed, in every shape of the run', async () => {
    const resumed = (name: string): void => {
      if (name === 'run-resumed') throw new Error('killed');
    };
    const broken = planOf([...twoRelays.slice(0, 1), { host: 'h2', relay: 'b', text: 'FAIL' }].map(relayItem), {
      batches: serial.batches,
    });
    const stopAt = (point: string) => {
      const stop = new AbortController();
      const onPoint = (name: string): void => {
        if (name === point) stop.abort();
      };
      return { stop: stop.signal, onPoint };
    };
    const shapes = [
      { given: serial, changes: {}, outcome: 'done' },
      { given: serial, changes: stopAt('batch-done'), outcome: 'interrupted' },
      { given: broken, changes: {}, outcome: 'failed-undone' },
      { given: broken, changes: stopAt('undo-started'), outcome: 'interrupted' },
    ];
    for (const { given, changes, outcome } of shapes) {
      await using world = await openTestWorld(twoRelays);
      const former = world.look();
      assert.equal((await applyPlan({ ...world.setup(changes), plan: given, run: 'r' })).outcome, outcome);
      await assert.rejects(undoRun({ ...world.setup({ onPoint: resumed }), run: 'r' }), { message: 'killed' });
      assert.equal((await resumeRun({ ...world.setup(), run: 'r' })).outcome, 'undone');
      assert.deepEqual(world.look(), former);
    }
  });

  it('of a failed batch, killed when it was resumed, leaves the earlier batches as planned', async () => {
    await using world = await openTestWorld(twoRelays);
    const former = world.look();
    const stop = new AbortController();
    const onPoint = (name: string): void => {
      if (name === 'undo-started') stop.abort();
      if (name === 'run-resumed') throw new Error('killed');
    };
    const broken = { host: 'h2', relay: 'b', text: 'FAIL' };
    const failing = planOf([...twoRelays.slice(0, 1), broken].map(relayItem), { batches: serial.batches });
    await applyPlan({ ...world.setup({ onPoint, stop: stop.signal }), plan: failing, run: 'r' });
    const planned = world.look().h1;
    await assert.rejects(resumeRun({ ...world.setup({ onPoint }), run: 'r' }), { message: 'killed' });
    assert.equal((await resumeRun({ ...world.setup(), run: 'r' })).outcome, 'failed-undone');
    assert.deepEqual([world.look().h1, world.look().h2], [planned, former.h2]);
  });

  it('of an unknown run says so', async () => {
    await using world = await openTestWorld(twoRelays);
    await assert.rejects(undoRun({ ...world.setup(), run: 'nobody' }), {
      code: 'change-run-unknown',
      kind: 'not-found',
    });
  });
});
