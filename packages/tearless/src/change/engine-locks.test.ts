// The engine over hosts that are directories: whom it lets work, one at a time.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readOwnHolder } from '../store/holder.ts';
import { applyPlan, resumeRun, undoRun } from './engine.ts';
import { listRuns, readRun } from './read-run.ts';
import { importRunFromHosts } from './sync.ts';
import { planOf, relayItem } from './testing/fleet.ts';
import { openTestWorld, twoRelays } from './testing/world.ts';

const plan = planOf(twoRelays.map(relayItem));

describe('a run that ended, but was killed before it had told its hosts', () => {
  it('tells them and gives its locks up when it is resumed', async () => {
    await using world = await openTestWorld(twoRelays);
    const onPoint = (name: string): void => {
      if (name === 'after-own-finish') throw new Error('killed');
    };
    await assert.rejects(applyPlan({ ...world.setup({ onPoint }), plan, run: 'r' }), { message: 'killed' });
    assert.equal((await readRun(world.store, 'r')).outcome, 'done');
    assert.notEqual((await world.hosts('h1').call('lock-show')).stdout.length, 0);
    assert.equal((await resumeRun({ ...world.setup(), run: 'r' })).outcome, 'done');
    for (const host of ['h1', 'h2']) {
      assert.equal((await world.hosts(host).call('lock-show')).stdout.length, 0);
      const [last] = (await world.hostLines(host, 'r')).slice(-1);
      assert.deepEqual(JSON.parse(last ?? '{}').event, { kind: 'run.finished', outcome: 'done' });
    }
  });
});

describe('two at once', () => {
  const elsewhere = { ...readOwnHolder(), machine: 'laptop', machineKey: 'another', pid: 4711, user: 'bob' };

  it('the second apply on a machine is told who works, with exit kind `locked`', async () => {
    await using world = await openTestWorld(twoRelays);
    const errors: unknown[] = [];
    const onPoint = async (name: string): Promise<void> => {
      if (name === 'run-started')
        await applyPlan({ ...world.setup(), plan, run: 'second' }).catch((error) => errors.push(error));
    };
    assert.equal((await applyPlan({ ...world.setup({ onPoint }), plan, run: 'first' })).outcome, 'done');
    const [error] = errors;
    assert.ok(error instanceof Error && 'kind' in error && error.kind === 'locked');
    assert.match(error.message, /^fleet test is locked by run first of .+@.+ \(process \d+\) since 2026-/);
  });

  it('another operator is told by the host who works, since when, and how it ends', async () => {
    await using world = await openTestWorld(twoRelays);
    await using other = await openTestWorld([]);
    const stop = new AbortController();
    const onPoint = (name: string): void => {
      if (name === 'after-done') stop.abort();
    };
    const first = await applyPlan({
      ...world.setup({ onPoint, stop: stop.signal, holder: elsewhere }),
      plan,
      run: 'first',
    });
    assert.equal(first.outcome, 'interrupted');
    const untouched = world.look();
    await assert.rejects(applyPlan({ ...world.setup({ store: other.store }), plan, run: 'second' }), {
      kind: 'locked',
      message: /^host h[12] is locked by run first of bob@laptop \(process 4711\) since 2026-/,
      hint: /tearless run resume first.*tearless run undo first.*--take-over/,
    });
    assert.deepEqual(world.look(), untouched);
    assert.deepEqual(await listRuns(other.store), []);
    // Nor does it take the run from a process that it cannot see, unless a person says so.
    await importRunFromHosts(other.store, 'first', ['h1', 'h2'].map(world.hosts));
    const setup = world.setup({ store: other.store });
    await assert.rejects(undoRun({ ...setup, run: 'first' }), { kind: 'locked' });
    assert.equal((await undoRun({ ...setup, run: 'first', takeOver: true })).outcome, 'undone');
  });

  for (const point of ['after-fleet-lock', 'after-host-locks', 'run-started']) {
    it(`a run killed at ${point} leaves no lock that another machine cannot take over, and only when told to`, async () => {
      await using world = await openTestWorld(twoRelays);
      await using other = await openTestWorld([]);
      const onPoint = (name: string): void => {
        if (name === point) throw new Error('killed');
      };
      await assert.rejects(applyPlan({ ...world.setup({ onPoint, holder: elsewhere }), plan, run: 'first' }), {
        message: 'killed',
      });
      const setup = world.setup({ store: other.store });
      if (point !== 'after-fleet-lock')
        await assert.rejects(applyPlan({ ...setup, plan, run: 'second' }), {
          code: 'change-locked',
          message: /^host h[12] is locked by run first of bob@laptop/,
          hint: /^that run never began here: .*`tearless apply --take-over`/,
        });
      assert.equal((await applyPlan({ ...setup, plan, run: 'second', takeOver: true })).outcome, 'done');
    });
  }

  it('a fleet whose lock was taken by a run that never began, in a container that is gone, can be taken over', async () => {
    await using world = await openTestWorld(twoRelays);
    const onPoint = (name: string): void => {
      if (name === 'after-host-locks') throw new Error('killed');
    };
    await assert.rejects(applyPlan({ ...world.setup({ onPoint, holder: elsewhere }), plan, run: 'first' }), {
      message: 'killed',
    });
    await assert.rejects(applyPlan({ ...world.setup(), plan, run: 'second' }), {
      message: /^fleet test is locked by run first/,
      hint: /^that run never began here: .*`tearless apply --take-over`/,
    });
    assert.equal((await applyPlan({ ...world.setup(), plan, run: 'second', takeOver: true })).outcome, 'done');
  });

  it('a run that has begun is not taken over by an apply: it is to be finished first', async () => {
    await using world = await openTestWorld(twoRelays);
    await using other = await openTestWorld([]);
    const stop = new AbortController();
    const onPoint = (name: string): void => {
      if (name === 'after-done') stop.abort();
    };
    await applyPlan({ ...world.setup({ onPoint, stop: stop.signal, holder: elsewhere }), plan, run: 'first' });
    const locked = { code: 'change-locked', hint: /^finish it first: .*undo first.*--take-over/ };
    const setup = world.setup({ store: other.store });
    await assert.rejects(applyPlan({ ...setup, plan, run: 'second', takeOver: true }), locked);
  });

  it('an interrupted run keeps the fleet to itself until it is resumed', async () => {
    await using world = await openTestWorld(twoRelays);
    const stop = new AbortController();
    const onPoint = (name: string): void => {
      if (name === 'after-done') stop.abort();
    };
    await applyPlan({ ...world.setup({ onPoint, stop: stop.signal }), plan, run: 'first' });
    await assert.rejects(applyPlan({ ...world.setup(), plan, run: 'second' }), { kind: 'locked' });
    assert.equal((await resumeRun({ ...world.setup(), run: 'first' })).outcome, 'done');
    assert.equal((await applyPlan({ ...world.setup(), plan, run: 'second' })).outcome, 'done');
  });

  it('a host whose lock cannot be had gives the others’ back', async () => {
    await using world = await openTestWorld(twoRelays);
    await world.hosts('h2').call('lock-take', {
      args: ['foreign'],
      input: `${JSON.stringify({ run: 'foreign', fleet: 'other', sinceMs: 0, holder: elsewhere })}\n`,
    });
    await assert.rejects(applyPlan({ ...world.setup(), plan }), { kind: 'locked', message: /^host h2 / });
    assert.equal((await world.hosts('h1').call('lock-show')).stdout.length, 0);
    await world.hosts('h2').call('lock-release', { args: ['foreign'] });
    assert.equal((await applyPlan({ ...world.setup(), plan })).outcome, 'done');
  });
});
