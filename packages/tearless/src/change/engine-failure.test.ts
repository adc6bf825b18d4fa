// What the engine does when something goes wrong: steps and gates that fail, full disks, hosts that go away.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HostError } from '../host/host-error.ts';
import { applyPlan, resumeRun, undoRun } from './engine.ts';
import { readRun } from './read-run.ts';
import type { GateReading } from './step.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { dropInOf, gate, planOf, relayItem, testRegistry } from './testing/fleet.ts';
import { scriptedGate } from './testing/pretended-tor.ts';
import { openTestWorld, type TestWorld, twoRelays } from './testing/world.ts';

const unreachable = (host: string): HostError =>
  new HostError({ kind: 'unreachable', code: 'ssh-unreachable', message: `${host} does not answer`, subject: host });

const batches = [['h1/a'], ['h2/b']];
const plan = planOf(twoRelays.map(relayItem), { batches });
const broken = { host: 'h2', relay: 'b', text: '[Service]\nFAIL=1\n' };
const [first] = twoRelays;
assert.ok(first);

const phases = (state: {
  readonly items: Readonly<Record<string, { readonly phase: string }>>;
}): Record<string, string> => Object.fromEntries(Object.entries(state.items).map(([id, { phase }]) => [id, phase]));

/** Each host as it was, or as planned: what the outsider may see. */
const judge = (world: TestWorld, former: ReturnType<TestWorld['look']>, planned: ReturnType<TestWorld['look']>) =>
  Object.fromEntries(
    Object.entries(world.look()).map(([host, seen]) => {
      const text = JSON.stringify(seen);
      if (text === JSON.stringify(former[host])) return [host, 'former'];
      return [host, text === JSON.stringify(planned[host]) ? 'planned' : seen];
    }),
  );

/** What the plan makes of the world when nothing goes wrong. */
const planned = await (async () => {
  await using world = await openTestWorld(twoRelays);
  await applyPlan({ ...world.setup(), plan });
  return world.look();
})();

describe('a step that fails', () => {
  it('stops the run; its batch goes back, earlier batches stay', async () => {
    await using world = await openTestWorld(twoRelays);
    const former = world.look();
    const result = await applyPlan({
      ...world.setup(),
      plan: planOf([relayItem(first), relayItem(broken)], { batches }),
    });
    assert.equal(result.outcome, 'failed-undone');
    assert.deepEqual(phases(result.state), { 'h1/a': 'done', 'h2/b': 'undone' });
    assert.deepEqual(judge(world, former, planned), { h1: 'planned', h2: 'former' });
    assert.equal(result.state.stopped?.failure.code, 'host-unit-failed');
  });

  it('takes its neighbours of the batch back with it, and begins no more items', async () => {
    const third = { host: 'h3', relay: 'c' };
    await using world = await openTestWorld([...twoRelays, third]);
    const former = world.look();
    const items = [relayItem(first), relayItem(broken), relayItem(third)];
    const limits = { itemsAtOnce: 2 };
    const result = await applyPlan({ ...world.setup({ limits }), plan: planOf(items) });
    assert.equal(result.outcome, 'failed-undone');
    assert.deepEqual(phases(result.state), { 'h1/a': 'undone', 'h2/b': 'undone', 'h3/c': 'pending' });
    assert.deepEqual(world.look(), former);
  });

  it('within --max-fail goes back alone, and the run goes on', async () => {
    const third = { host: 'h3', relay: 'c' };
    await using world = await openTestWorld([...twoRelays, third]);
    const former = world.look();
    const items = [relayItem(first), relayItem(broken), relayItem(third)];
    const result = await applyPlan({
      ...world.setup(),
      plan: planOf(items, { batches: [['h1/a', 'h2/b'], ['h3/c']], maxFail: 1 }),
    });
    assert.equal(result.outcome, 'failed-undone');
    assert.equal(result.state.stopped, undefined);
    assert.deepEqual(phases(result.state), { 'h1/a': 'done', 'h2/b': 'undone', 'h3/c': 'done' });
    assert.deepEqual(world.look().h2, former.h2);
  });

  it('refuses to overwrite what the plan has not seen, and touches nothing of the item', async () => {
    await using world = await openTestWorld(twoRelays);
    await world.hosts('h1').write(dropInOf('a'), '# by hand\n', { mode: 0o644, owner: 'root', group: 'root' });
    const before = world.look();
    const result = await applyPlan({ ...world.setup(), plan });
    assert.equal(result.outcome, 'failed-undone');
    assert.equal(result.state.stopped?.failure.code, 'change-file-drifted');
    assert.deepEqual(world.look(), before);
  });
});

describe('a gate', () => {
  const readings = (states: readonly GateReading['state'][]) => {
    let at = 0;
    return scriptedGate('test.scripted', async () => {
      const state = states[Math.min(at, states.length - 1)] ?? 'waiting';
      at += 1;
      return { state, message: `reading ${at}`, evidence: { reading: at } };
    });
  };
  const gated = (deadlineMs: number) =>
    planOf([relayItem({ ...first, gates: [gate('scripted', 'test.scripted', {}, deadlineMs)] })]);

  it('is read until it passes, and its evidence is kept', async () => {
    await using world = await openTestWorld([first]);
    const registry = testRegistry([readings(['waiting', 'waiting', 'passed'])]);
    const result = await applyPlan({ ...world.setup({ registry }), plan: gated(60_000) });
    assert.equal(result.outcome, 'done');
    assert.deepEqual(result.state.items['h1/a']?.gates, { scripted: { reading: 3 } });
  });

  it('that says no takes the batch back at once', async () => {
    await using world = await openTestWorld([first]);
    const former = world.look();
    const registry = testRegistry([readings(['waiting', 'failed'])]);
    const result = await applyPlan({ ...world.setup({ registry }), plan: gated(60_000) });
    assert.equal(result.outcome, 'failed-undone');
    assert.equal(result.state.stopped?.failure.code, 'change-gate-failed');
    assert.deepEqual(world.look(), former);
  });

  it('that does not pass within its deadline takes the batch back, having been read at the deadline itself', async () => {
    await using world = await openTestWorld([first]);
    const former = world.look();
    const clock = createFakeClock();
    const startMs = clock.now();
    const read: number[] = [];
    const registry = testRegistry([
      scriptedGate('test.scripted', async () => {
        read.push(clock.now() - startMs);
        return { state: 'waiting', message: 'still not', evidence: {} };
      }),
    ]);
    const result = await applyPlan({ ...world.setup({ registry, clock }), plan: gated(60_000) });
    assert.equal(result.outcome, 'failed-undone');
    assert.equal(result.state.stopped?.failure.code, 'change-gate-deadline');
    assert.match(result.state.stopped?.failure.message ?? '', /not within 60 s: still not/);
    assert.deepEqual([read[0], read.at(-1)], [0, 60_000]);
    assert.ok(read.length > 10 && read.length < 40, `${read.length} readings`);
    assert.deepEqual(world.look(), former);
  });

  it('waits while its host is away', async () => {
    await using world = await openTestWorld([first]);
    let reading = 0;
    const registry = testRegistry([
      scriptedGate('test.scripted', async () => {
        reading += 1;
        if (reading < 3) throw unreachable('h1');
        return { state: 'passed', message: 'back', evidence: {} };
      }),
    ]);
    assert.equal((await applyPlan({ ...world.setup({ registry }), plan: gated(60_000) })).outcome, 'done');
  });
});

describe('a disk that is full', () => {
  const used = (world: TestWorld, host: string): number => JSON.stringify(world.look()[host]).length;

  it('at whatever it happens to be: the item ends as planned or as it was', async () => {
    const outcomes = new Set<string>();
    for (let room = 0; room <= 12_000; room += 400) {
      await using world = await openTestWorld(twoRelays);
      const former = world.look();
      // Room for the other host without end; h2's disk holds what is there, and so much more.
      const capacity = used(world, 'h2') + room;
      const faults = (host: string) => (host === 'h2' ? { capacityBytes: () => capacity } : {});
      const result = await applyPlan({ ...world.setup({}, faults), plan, run: 'r' }).catch((error: unknown) => error);
      if (result instanceof HostError) {
        assert.equal(result.code, 'host-disk-full');
        assert.deepEqual(world.look(), former);
        outcomes.add('refused');
        continue;
      }
      const { outcome } = await readRun(world.store, 'r');
      outcomes.add(outcome ?? 'open');
      if (outcome === 'failed') {
        // Even going back needs more room than there is: once there is some, it goes on.
        assert.equal((await resumeRun({ ...world.setup(), run: 'r' })).outcome, 'failed-undone');
      }
      const expected = outcome === 'done' ? { h1: 'planned', h2: 'planned' } : { h1: 'planned', h2: 'former' };
      assert.deepEqual(judge(world, former, planned), expected, `with room for ${room} bytes`);
    }
    assert.ok(outcomes.has('refused') && outcomes.has('done') && outcomes.has('failed-undone'), [...outcomes].join());
  });

  it('on the operator’s own machine ends the run, which goes on once there is room', async () => {
    await using world = await openTestWorld(twoRelays);
    const former = world.look();
    let points = 0;
    const onPoint = async (name: string): Promise<void> => {
      if (name !== 'after-intent') return;
      points += 1;
      if (points === 2) await world.store.db.schema.alterTable('entries').renameTo('entries_away').execute();
    };
    await assert.rejects(applyPlan({ ...world.setup({ onPoint }), plan, run: 'r' }), { code: 'store-unusable' });
    await world.store.db.schema.alterTable('entries_away').renameTo('entries').execute();
    assert.equal((await resumeRun({ ...world.setup(), run: 'r' })).outcome, 'done');
    assert.deepEqual(judge(world, former, planned), { h1: 'planned', h2: 'planned' });
    assert.equal((await undoRun({ ...world.setup(), run: 'r' })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
  });
});

describe('a host that goes away', () => {
  const requests = ['write', 'owned-put', 'daemon-reload', 'unit restart', 'journal-append'];

  for (const moment of ['before', 'after'] as const) {
    for (const request of requests) {
      it(`for a while, ${moment} a ${request}: the run waits and ends as planned`, async () => {
        await using world = await openTestWorld(twoRelays);
        const former = world.look();
        let away = 0;
        const faults = (host: string) => ({
          onRequest: (when: string, what: string) => {
            if (host !== 'h2') return;
            if (away === 0 && when === moment && what === request) away = 5;
            else if (away > 1) away -= 1;
            else return;
            throw unreachable(host);
          },
        });
        const result = await applyPlan({ ...world.setup({}, faults), plan });
        assert.equal(result.outcome, 'done');
        assert.ok(world.events.some(({ kind }) => kind === 'host.unreachable'));
        assert.deepEqual(judge(world, former, planned), { h1: 'planned', h2: 'planned' });
        assert.equal((await undoRun({ ...world.setup(), run: result.run })).outcome, 'undone');
        assert.deepEqual(world.look(), former);
      });

      it(`for good, ${moment} a ${request}: the item is unknown, and goes back once the host answers`, async () => {
        await using world = await openTestWorld(twoRelays);
        const former = world.look();
        let away = false;
        const faults = (host: string) => ({
          onRequest: (when: string, what: string) => {
            away ||= host === 'h2' && when === moment && what === request;
            if (away && host === 'h2') throw unreachable(host);
          },
        });
        const result = await applyPlan({ ...world.setup({}, faults), plan, run: 'r' });
        const begun = result.state.items['h2/b'];
        assert.equal(begun?.failure?.kind, 'unreachable');
        assert.equal(begun?.unknown, true);
        assert.equal(result.outcome, 'failed');
        assert.deepEqual(judge(world, former, planned).h1, 'planned');
        assert.equal((await resumeRun({ ...world.setup(), run: 'r' })).outcome, 'failed-undone');
        assert.deepEqual(judge(world, former, planned), { h1: 'planned', h2: 'former' });
      });
    }
  }

  it('keeps the undo of the others going, and its own for later', async () => {
    await using world = await openTestWorld(twoRelays);
    const former = world.look();
    await applyPlan({ ...world.setup(), plan, run: 'r' });
    const faults = (host: string) => ({
      onRequest: () => {
        if (host === 'h2') throw unreachable(host);
      },
    });
    const partly = await undoRun({ ...world.setup({}, faults), run: 'r' });
    assert.equal(partly.outcome, 'failed');
    assert.deepEqual(judge(world, former, planned), { h1: 'former', h2: 'planned' });
    assert.equal((await undoRun({ ...world.setup(), run: 'r' })).outcome, 'undone');
    assert.deepEqual(world.look(), former);
  });

  it('before anything began: the apply says so and leaves no lock', async () => {
    await using world = await openTestWorld(twoRelays);
    const faults = (host: string) => ({
      onRequest: () => {
        if (host === 'h2') throw unreachable(host);
      },
    });
    await assert.rejects(applyPlan({ ...world.setup({}, faults), plan }), { kind: 'unreachable' });
    assert.equal((await applyPlan({ ...world.setup(), plan })).outcome, 'done');
  });

  it('when the run ended keeps its lock, which yields to the next run of this operator', async () => {
    await using world = await openTestWorld(twoRelays);
    let away = false;
    const onPoint = (name: string): void => {
      if (name === 'before-finish') away = true;
    };
    const faults = (host: string) => ({
      onRequest: () => {
        if (away && host === 'h2') throw unreachable(host);
      },
    });
    const result = await applyPlan({ ...world.setup({ onPoint }, faults), plan });
    assert.equal(result.outcome, 'done');
    assert.deepEqual(result.untoldHosts, ['h2']);
    assert.equal((await applyPlan({ ...world.setup(), plan })).outcome, 'done');
  });
});
