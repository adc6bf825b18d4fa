// The engine over the helper's own text, run by a shell in a directory: that what it asks for is what the helper gives.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sha256Hex } from '../base/json.ts';
import { renderHelper } from '../host/helper/render-helper.ts';
import type { Host } from '../host/host.ts';
import { LocalTransport } from '../host/local/local-transport.ts';
import { RemoteHost } from '../host/remote-host.ts';
import { type OwnPlace, ownPlace } from '../host/testing/own-place.ts';
import { readOwnHolder } from '../store/holder.ts';
import { applyPlan, undoRun } from './engine.ts';
import { listHostRuns, readHostJournal } from './host-journal.ts';
import { readHostLock, releaseHostLock, takeHostLock } from './host-lock.ts';
import { importRunFromHosts } from './sync.ts';
import { extraStep, planOf } from './testing/fleet.ts';
import { openTestWorld } from './testing/world.ts';

const dropIn = '/etc/systemd/system/tor@a.service.d/50-tearless.conf';
const torrc = '/etc/tor/instances/a/torrc';
const oldTorrc = 'Nickname old\n';

/** Everything below the place but what Tearless keeps for itself. */
const look = (root: string): Record<string, string> => {
  const seen: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.startsWith(join(root, 'var'))) continue;
    const { mode } = statSync(path, { throwIfNoEntry: false }) ?? { mode: 0 };
    seen[path] = `${mode.toString(8)} ${entry.isFile() ? readFileSync(path, 'utf8') : ''}`;
  }
  return seen;
};

const withPlace = async (act: (host: Host, place: OwnPlace) => Promise<void>): Promise<void> => {
  await using place = await ownPlace();
  const helper = renderHelper({ factsScript: ':', place });
  const host = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
  try {
    await act(host, place);
  } finally {
    await host.close();
  }
};

const planFor = (place: OwnPlace) => {
  const attributes = { mode: 0o644, owner: place.owner, group: place.group };
  const content = '[Service]\nEnvironment="MALLOC_ARENA_MAX=2"\n';
  return planOf([
    {
      id: 'here/a',
      subject: 'a',
      host: 'here',
      steps: [
        extraStep('drop-in', 'file.write', { path: dropIn, content, expects: null, ...attributes }, '+'),
        extraStep('torrc', 'file.write', {
          path: torrc,
          content: 'Nickname new\n',
          expects: sha256Hex(oldTorrc),
          ...attributes,
        }),
      ],
      gates: [],
      undoGates: [],
    },
  ]);
};

describe('the engine and the helper', () => {
  it('apply, apply again, and let another operator take it back', () =>
    withPlace(async (host, place) => {
      await host.write(torrc, oldTorrc, { mode: 0o640, owner: place.owner, group: place.group });
      const former = look(place.root);
      const plan = planFor(place);
      await using world = await openTestWorld([]);
      const setup = world.setup({ hosts: () => host });
      const result = await applyPlan({ ...setup, plan, run: 'r' });
      assert.equal(result.outcome, 'done', JSON.stringify(result.state.stopped));
      assert.deepEqual(result.untoldHosts, []);
      assert.equal(await readHostLock(host), undefined);
      const planned = look(place.root);
      assert.notDeepEqual(planned, former);
      assert.equal((await applyPlan({ ...setup, plan, run: 'again' })).outcome, 'done');
      assert.deepEqual(look(place.root), planned);
      assert.deepEqual(
        (await listHostRuns(host)).map(({ run }) => run),
        ['r'],
      );
      await using other = await openTestWorld([]);
      await importRunFromHosts(other.store, 'r', [host]);
      assert.equal((await undoRun({ ...setup, store: other.store, run: 'r' })).outcome, 'undone');
      assert.deepEqual(look(place.root), former);
    }));

  it('has no journal of a run that never was', () =>
    withPlace(async (host) => {
      assert.deepEqual(await readHostJournal(host, 'nothing'), { parts: [], entries: [], tornLines: [] });
      assert.deepEqual(await listHostRuns(host), []);
    }));

  it('names the holder of a lock, and lets only its run have it', () =>
    withPlace(async (host) => {
      const holder = { ...readOwnHolder(), user: 'bob', machine: 'laptop', machineKey: 'another', pid: 4711 };
      const never = async (): Promise<boolean> => false;
      const lock = { run: 'first', fleet: 'f', sinceMs: Date.UTC(2026, 2, 1), holder };
      await takeHostLock(host, lock, false, never);
      assert.deepEqual(await readHostLock(host), lock);
      await takeHostLock(host, lock, false, never);
      const second = { ...lock, run: 'second', holder: readOwnHolder() };
      await assert.rejects(takeHostLock(host, second, false, never), {
        kind: 'locked',
        message: 'host here is locked by run first of bob@laptop (process 4711) since 2026-03-01T00:00:00.000Z',
      });
      await releaseHostLock(host, 'second');
      assert.deepEqual(await readHostLock(host), lock);
      await releaseHostLock(host, 'first');
      await takeHostLock(host, second, false, never);
    }));
});
