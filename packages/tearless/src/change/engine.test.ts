// The engine over hosts that are directories: order, journal, failure, going back, locks, stopping and going on.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readOwnHolder } from '../store/holder.ts';
import { openStore, type Store } from '../store/store.ts';
import { applyPlan, type EngineSetup, resumeRun, undoRun } from './engine.ts';
import type { RunEvent } from './event.ts';
import { listRuns, readRun } from './read-run.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { directoryFleet, lookAtHost, planOf, relayItem, startRelays, testRegistry } from './testing/fleet.ts';

let directory: string;
let store: Store;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tearless-engine-'));
  store = await openStore(join(directory, 'state.db'));
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

const relays = [
  { host: 'h1', relay: 'a' },
  { host: 'h2', relay: 'b' },
];

const world = () => Object.fromEntries(['h1', 'h2'].map((host) => [host, lookAtHost(directory, host)]));

const setup = (events: RunEvent[] = []): EngineSetup => ({
  hosts: directoryFleet(directory),
  store,
  registry: testRegistry(),
  clock: createFakeClock(),
  holder: readOwnHolder(),
  onEvent: (event) => events.push(event),
});

describe('applying a plan', () => {
  it('brings every item to its planned state and says so', async () => {
    const events: RunEvent[] = [];
    const options = setup(events);
    await startRelays(directoryFleet(directory), relays);
    const former = world();
    const result = await applyPlan({ ...options, plan: planOf(relays.map(relayItem)) });
    assert.equal(result.outcome, 'done');
    const planned = world();
    assert.notDeepEqual(planned, former);
    const undone = await undoRun({ ...setup(), run: result.run });
    assert.equal(undone.outcome, 'undone');
    assert.deepEqual(world(), former);
    console.log(await listRuns(store), (await readRun(store, result.run)).items);
    void resumeRun;
  });
});
