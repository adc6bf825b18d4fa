// What stands in the way of a run is found before anything of it is done.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sha256Hex } from '../base/json.ts';
import { HostError } from '../host/host-error.ts';
import { ChangeError } from './change-error.ts';
import { applyPlan, undoRun } from './engine.ts';
import { checkObstacles } from './obstacles.ts';
import type { ChangeItem, Plan } from './plan.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { dropInOf, extraStep, plannedText, planOf, relayItem, testRegistry } from './testing/fleet.ts';
import { openTestWorld, type TestWorld, twoRelays } from './testing/world.ts';

const packageName = 'libmimalloc2.0';

const preparation = (host: string, version = '1'): ChangeItem => ({
  id: `${host}/(host)`,
  subject: host,
  host,
  steps: [extraStep('package', 'package.install', { name: packageName, version, hold: true }, '+')],
  gates: [],
  undoGates: [],
});

const loads = (relay: string): string => `[Service]\nEnvironment=LD_PRELOAD=/usr/lib/${packageName}.so # ${relay}\n`;
const [first, second] = twoRelays.map((relay) => relayItem({ ...relay, text: loads(relay.relay) }));
assert.ok(first && second);

/** The package and one relay; a later run takes another relay of the same host along. */
const onOneHost = [
  { host: 'h1', relay: 'a' },
  { host: 'h1', relay: 'b' },
];
const canary: Plan = planOf([preparation('h1'), relayItem({ host: 'h1', relay: 'a', text: loads('a') })], {
  batches: [['h1/(host)'], ['h1/a']],
});
const rest: Plan = planOf([relayItem({ host: 'h1', relay: 'b', text: loads('b') })]);

const undo = (world: TestWorld, run: string) => undoRun({ ...world.setup(), run });
const lockOf = async (world: TestWorld, host: string): Promise<string> =>
  new TextDecoder().decode((await world.hosts(host).call('lock-show')).stdout);

const refusedBy = (code: string, hint: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ChangeError);
  assert.deepEqual([error.kind, error.code], ['refused', code]);
  assert.match(error.hint ?? '', hint);
  return true;
};

describe('a run that goes back', () => {
  it('touches nothing when a newer run uses its package, and goes back once that one has', async () => {
    await using world = await openTestWorld(onOneHost);
    const former = world.look();
    await applyPlan({ ...world.setup(), plan: canary, run: 'canary' });
    await applyPlan({ ...world.setup(), plan: rest, run: 'rest' });
    const before = world.look();
    const entries = (await world.hostLines('h1', 'canary')).length;
    await assert.rejects(undo(world, 'canary'), refusedBy('change-package-in-use', /^first undo the run rest: /));
    assert.deepEqual(world.look(), before);
    assert.equal((await world.hostLines('h1', 'canary')).length, entries);
    assert.equal(await lockOf(world, 'h1'), '');

    assert.equal((await undo(world, 'rest')).outcome, 'undone');
    assert.equal((await undo(world, 'canary')).outcome, 'undone');
    assert.deepEqual(world.look(), former);
  });

  it('touches nothing when a newer run wrote one of its files again, on whichever host', async () => {
    await using world = await openTestWorld(twoRelays);
    const former = world.look();
    await applyPlan({ ...world.setup(), plan: planOf([first, second]), run: 'one' });
    const again = { host: 'h2', relay: 'b', expects: sha256Hex(loads('b')), text: plannedText('b') };
    await applyPlan({ ...world.setup(), plan: planOf([relayItem(again)]), run: 'two' });
    const before = world.look();
    await assert.rejects(undo(world, 'one'), refusedBy('change-file-newer', /^first undo the run two: /));
    assert.deepEqual(world.look(), before);

    await undo(world, 'two');
    assert.equal((await undo(world, 'one')).outcome, 'undone');
    assert.deepEqual(world.look(), former);
  });

  it('takes the others back when a person wrote one of its files', async () => {
    await using world = await openTestWorld(twoRelays);
    await applyPlan({ ...world.setup(), plan: planOf([first, second]), run: 'one' });
    const attributes = { mode: 0o644, owner: 'root', group: 'root' };
    await world.hosts('h2').write(dropInOf('b'), '# by hand\n', attributes);
    const { outcome, state } = await undo(world, 'one');
    assert.equal(outcome, 'failed');
    assert.deepEqual([state.items['h1/a']?.phase, state.items['h2/b']?.phase], ['undone', 'undo-failed']);
  });

  it('is not kept by a host that does not answer', async () => {
    await using world = await openTestWorld(twoRelays);
    await applyPlan({ ...world.setup(), plan: planOf([first, second]), run: 'one' });
    const away = new HostError({ kind: 'unreachable', code: 'ssh-unreachable', message: 'h2 is away', subject: 'h2' });
    const setup = world.setup({}, (host) => ({
      onRequest: (_, request) => {
        if (host === 'h2' && request !== 'lock-show') throw away;
      },
    }));
    const { state } = await undoRun({ ...setup, run: 'one' });
    assert.equal(state.items['h1/a']?.phase, 'undone');
    assert.equal(state.items['h2/b']?.failure?.kind, 'unreachable');
  });

  it('keeps its locks when it was cut off before', async () => {
    await using world = await openTestWorld(onOneHost);
    const stop = new AbortController();
    const halfWay = { onPoint: (name: string) => void (name === 'batch-done' && stop.abort()), stop: stop.signal };
    await applyPlan({ ...world.setup(halfWay), plan: canary, run: 'canary' });
    const attributes = { mode: 0o644, owner: 'root', group: 'root' };
    await world.hosts('h1').write(dropInOf('b'), loads('b'), attributes);
    await assert.rejects(undo(world, 'canary'), refusedBy('change-package-in-use', /by hand/));
    assert.match(await lockOf(world, 'h1'), /"run":"canary"/);
  });
});

describe('a plan', () => {
  const ask = (world: TestWorld, plan: Plan) =>
    checkObstacles(plan, {
      hosts: world.hosts,
      registry: testRegistry(),
      clock: createFakeClock(),
      signal: new AbortController().signal,
    });

  it('is told of what a host would refuse, and changes nothing by asking', async () => {
    await using world = await openTestWorld(twoRelays);
    const before = world.look();
    await ask(world, planOf([preparation('h1'), preparation('h2'), first, second]));
    await assert.rejects(ask(world, planOf([preparation('h1'), preparation('h2', 'impossible')])), /cannot install/);
    assert.deepEqual(world.look(), before);
  });
});
