// The engine over hosts that are directories: another operator whose store is empty.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HostError } from '../host/host-error.ts';
import { readOwnHolder } from '../store/holder.ts';
import { applyPlan, resumeRun, undoRun } from './engine.ts';
import { followRun, loadRun, readRun } from './read-run.ts';
import { importRunFromHosts } from './sync.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { dropInOf, planOf, relayItem } from './testing/fleet.ts';
import { openTestWorld, twoRelays } from './testing/world.ts';

const plan = planOf(twoRelays.map(relayItem));
const serial = planOf(twoRelays.map(relayItem), { batches: [['h1/a'], ['h2/b']] });

const neighbours = [
  { host: 'h1', relay: 'a' },
  { host: 'h1', relay: 'b' },
];

describe('another operator, with an empty store', () => {
  it('reads a run from its hosts and takes it back', async () => {
    await using world = await openTestWorld(twoRelays);
    const former = world.look();
    const { run } = await applyPlan({ ...world.setup(), plan: serial });
    await using other = await openTestWorld([]);
    const { store } = other;
    const imported = await importRunFromHosts(store, run, ['h1', 'h2'].map(world.hosts));
    assert.deepEqual(imported, { run, missingItems: [], unreachable: [], tornLines: [] });
    assert.equal((await readRun(store, run)).outcome, 'done');
    assert.equal((await undoRun({ ...world.setup({ store }), run })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
    // The first operator's machine learns of it from the hosts.
    assert.equal((await undoRun({ ...world.setup(), run })).outcome, 'undone');
    const learnt = await readRun(world.store, run);
    assert.equal(learnt.items['h1/a']?.phase, 'undone');
  });

  it('that goes on with it checks again what was called verified', async () => {
    await using world = await openTestWorld(neighbours);
    await using other = await openTestWorld([]);
    const rolling = planOf(neighbours.map(relayItem), { batches: [['h1/a'], ['h1/b']] });
    const stop = new AbortController();
    const onPoint = (name: string): void => {
      if (name === 'batch-done') stop.abort();
    };
    const holder = { ...readOwnHolder(), machineKey: 'another' };
    await applyPlan({ ...world.setup({ onPoint, stop: stop.signal, holder }), plan: rolling, run: 'r' });
    await world.hosts('h1').remove(dropInOf('a'));
    await importRunFromHosts(other.store, 'r', [world.hosts('h1')]);
    const options = { ...world.setup({ store: other.store }), run: 'r', takeOver: true };
    assert.equal((await resumeRun(options)).outcome, 'done');
    assert.equal((await world.hosts('h1').stat(dropInOf('a')))?.type, 'file');
  });

  it('cannot go on with a run of which it knows a part only, but can take it back', async () => {
    await using world = await openTestWorld(twoRelays);
    await using other = await openTestWorld([]);
    const former = world.look();
    const stop = new AbortController();
    const onPoint = (name: string): void => {
      if (name === 'batch-done') stop.abort();
    };
    await applyPlan({ ...world.setup({ onPoint, stop: stop.signal }), plan: serial, run: 'r' });
    const imported = await importRunFromHosts(other.store, 'r', ['h1', 'h2'].map(world.hosts));
    assert.deepEqual(imported.missingItems, ['h2/b']);
    const options = { ...world.setup({ store: other.store }), run: 'r' };
    await assert.rejects(resumeRun(options), { code: 'change-run-incomplete', kind: 'refused' });
    assert.equal((await undoRun(options)).outcome, 'undone');
    assert.deepEqual(world.look(), former);
    for (const host of ['h1', 'h2']) assert.equal((await world.hosts(host).call('lock-show')).stdout.length, 0);
  });

  it('follows a run to its end', async () => {
    await using world = await openTestWorld(twoRelays);
    await applyPlan({ ...world.setup(), plan, run: 'r' });
    const kinds: string[] = [];
    const signal = new AbortController().signal;
    for await (const { event } of followRun(world.store, 'r', { clock: createFakeClock(), signal }))
      kinds.push(event.kind);
    assert.deepEqual([kinds[0], kinds.at(-1)], ['run.started', 'run.finished']);
    assert.equal(kinds.length, (await loadRun(world.store, 'r')).entries.length);
  });

  it('takes back what it reaches, names the hosts it could not ask, and learns the rest from them later', async () => {
    await using world = await openTestWorld(twoRelays);
    await using other = await openTestWorld([]);
    const { store } = other;
    const former = world.look();
    const { run } = await applyPlan({ ...world.setup(), plan: serial });
    assert.deepEqual((await importRunFromHosts(store, run, [world.hosts('h2')])).missingItems, ['h1/a']);
    const faults = (host: string) => ({
      onRequest: () => {
        if (host === 'h1') throw new HostError({ kind: 'unreachable', code: 'ssh-unreachable', message: 'away' });
      },
    });
    const partly = await undoRun({ ...world.setup({ store }, faults), run });
    assert.deepEqual([partly.outcome, partly.untoldHosts], ['failed', ['h1']]);
    assert.deepEqual(world.look().h2, former.h2);
    assert.equal((await undoRun({ ...world.setup({ store }), run })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
  });
});
