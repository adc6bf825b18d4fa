import assert from 'node:assert/strict';
import { it } from 'node:test';
import { applyPlan, undoRun } from '../../change/engine.ts';
import { gate, planOf, relayItem, testRegistry } from '../../change/testing/fleet.ts';
import { scriptedGate } from '../../change/testing/pretended-tor.ts';
import { openTestWorld, twoRelays } from '../../change/testing/world.ts';
import { watchPlannedRestarts } from './planned-restarts.ts';

it('tells restarts of runs that began later or go on, as their journals are written, both ways', async () => {
  await using world = await openTestWorld(twoRelays);
  const told: string[] = [];
  const read = watchPlannedRestarts(world.store, {
    begun: (relay) => told.push(`${relay} begun`),
    over: (relay) => told.push(`${relay} over`),
  });
  const take = async () => {
    await read();
    return told.splice(0);
  };
  const bootstrapped = scriptedGate('test.bootstrapped', async () => ({
    state: 'passed',
    message: 'is up',
    evidence: {},
  }));
  const gates = [gate('bootstrapped', 'test.bootstrapped')];
  const registry = testRegistry([bootstrapped]);
  const [a, b] = twoRelays.map((relay) => relayItem({ ...relay, gates }));
  assert.ok(a && b);
  await applyPlan({ ...world.setup({ registry }), plan: planOf([a]), run: 'before' });
  assert.deepEqual(await take(), [], 'what was over before is nobody’s business');

  let during: string[] = [];
  const onPoint = async (name: string) => {
    if (name === 'after-intent') during = [...during, ...(await take())];
  };
  await applyPlan({ ...world.setup({ registry, onPoint }), plan: planOf([b]), run: 'later' });
  assert.deepEqual(during, ['h2/b begun']);
  // By the gate, and by the end of the item.
  assert.deepEqual(await take(), ['h2/b over', 'h2/b over']);
  assert.deepEqual(await take(), []);
  await undoRun({ ...world.setup({ registry }), run: 'before' });
  assert.deepEqual(await take(), ['h1/a begun', 'h1/a over']);
});
