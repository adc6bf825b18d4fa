// The engine over hosts that are directories: what it does in which order, what it writes down, and whom it lets work.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sha256Hex } from '../base/json.ts';
import { HostError } from '../host/host-error.ts';
import { readOwnHolder } from '../store/holder.ts';
import { applyPlan, resumeRun, undoRun } from './engine.ts';
import { followRun, listRuns, loadRun, readRun } from './read-run.ts';
import { importRunFromHosts } from './sync.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { directoryFleet, dropInOf, extraStep, planOf, relayItem, unitOf } from './testing/fleet.ts';
import { openTestWorld, twoRelays } from './testing/world.ts';

const plan = planOf(twoRelays.map(relayItem));
const serial = planOf(twoRelays.map(relayItem), { batches: [['h1/a'], ['h2/b']] });

const neighbours = [
  { host: 'h1', relay: 'a' },
  { host: 'h1', relay: 'b' },
];

describe('applying a plan', () => {
  it('checks, remembers, intends, does, verifies and waits at the gates, in this order', async () => {
    await using world = await openTestWorld(twoRelays);
    const result = await applyPlan({ ...world.setup(), plan });
    assert.equal(result.outcome, 'done');
    const step = (id: string) => [
      `step.started ${id}`,
      `step.intended ${id}`,
      `step.done ${id}`,
      `step.verified ${id}`,
    ];
    const [first, ...others] = step('drop-in');
    assert.deepEqual(
      world.events.flatMap((event) =>
        'item' in event && event.item === 'h1/a' ? [`${event.kind} ${'step' in event ? event.step : ''}`.trim()] : [],
      ),
      [
        'item.started',
        first,
        'item.prepared',
        ...others,
        ...step('reload'),
        ...step('restart'),
        'gate.passed',
        'item.done',
      ],
    );
  });

  it('tells subscribers nothing of what stood in files', async () => {
    await using world = await openTestWorld(twoRelays);
    await applyPlan({ ...world.setup(), plan });
    const told = world.events.filter(({ kind }) => kind === 'step.intended' || kind === 'item.prepared');
    assert.equal(told.length, 8);
    for (const event of told) assert.ok(!('memory' in event) && !('memories' in event));
  });

  it('writes the plan’s part and each intent to the host before the effect', async () => {
    await using world = await openTestWorld(twoRelays);
    const seen: string[] = [];
    const effects = ['write', 'daemon-reload', 'unit restart'];
    await applyPlan({
      ...world.setup({}, (host) => ({
        onRequest: async (moment, request) => {
          if (host !== 'h1' || moment !== 'before' || !effects.includes(request)) return;
          const lines = (await world.hostLines('h1', 'r')).map((line) => JSON.parse(line));
          const last = lines.findLast((line) => line.event?.kind === 'step.intended');
          seen.push(
            `${request}: ${lines[0].part.plan.items.map((item: { id: string }) => item.id)} ${last?.event.step}`,
          );
        },
      })),
      plan,
      run: 'r',
    });
    assert.deepEqual(seen, ['write: h1/a drop-in', 'daemon-reload: h1/a reload', 'unit restart: h1/a restart']);
  });

  it('a second time finds everything as planned and writes no effect down', async () => {
    await using world = await openTestWorld(twoRelays);
    await applyPlan({ ...world.setup(), plan });
    const before = world.look();
    world.events.length = 0;
    const writes: string[] = [];
    const second = await applyPlan({
      ...world.setup({}, () => ({ onRequest: (_, request) => void writes.push(request) })),
      plan,
      run: 'second',
    });
    assert.equal(second.outcome, 'done');
    assert.deepEqual(world.look(), before);
    assert.ok(!world.events.some(({ kind }) => kind === 'step.intended' || kind === 'step.done'));
    assert.equal(world.events.filter(({ kind }) => kind === 'step.skipped').length, 6);
    assert.ok(
      !writes.some((request) => ['write', 'daemon-reload', 'unit restart', 'journal-append'].includes(request)),
    );
  });

  it('takes batches in their order, each done before the next begins', async () => {
    await using world = await openTestWorld(twoRelays);
    await applyPlan({ ...world.setup(), plan: serial });
    const order = world.events.flatMap((event) =>
      event.kind === 'batch.started' || event.kind === 'batch.done'
        ? [`${event.kind} ${event.batch}`]
        : event.kind === 'item.done'
          ? [event.item]
          : [],
    );
    assert.deepEqual(order, ['batch.started 0', 'h1/a', 'batch.done 0', 'batch.started 1', 'h2/b', 'batch.done 1']);
  });

  it('is known afterwards, in a list and with the evidence of each step', async () => {
    await using world = await openTestWorld(twoRelays);
    await applyPlan({ ...world.setup(), plan, run: 'r' });
    const [summary] = await listRuns(world.store);
    assert.deepEqual(
      { ...summary, createdMs: 0 },
      {
        run: 'r',
        fleet: 'test',
        planId: plan.id,
        createdMs: 0,
        items: 2,
        outcome: 'done',
        state: 'finished',
      },
    );
    const { items } = await readRun(world.store, 'r');
    assert.equal(items['h1/a']?.steps.restart?.progress, 'verified');
    assert.deepEqual(items['h1/a']?.steps.restart?.evidence, { mainPid: 1002 });
  });

  it('activates what it changed also where the host says that a neighbour did so already', async () => {
    await using world = await openTestWorld(neighbours);
    let written = 0;
    let bothWritten = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      bothWritten = resolve;
    });
    let reloads = 0;
    const onPoint = async (name: string, { step }: { readonly step?: string }): Promise<void> => {
      if (name !== 'after-verified' || step !== 'drop-in') return;
      written += 1;
      if (written === 2) bothWritten();
      await both;
      // To both it looks as if nothing were left to do, which systemd says of a new directory of drop-ins as well.
      if (written === 2) await world.hosts('h1').reloadSystemd();
    };
    const onRequest = (moment: string, request: string): void => {
      if (moment === 'before' && request === 'daemon-reload') reloads += 1;
    };
    const result = await applyPlan({
      ...world.setup({ onPoint }, () => ({ onRequest })),
      plan: planOf(neighbours.map(relayItem)),
    });
    assert.equal(reloads, 2);
    for (const item of ['h1/a', 'h1/b']) assert.equal(result.state.items[item]?.steps.reload?.progress, 'verified');
  });

  it('keeps the list of owned files whole when items of one host go side by side, whatever gives out hosts', async () => {
    await using world = await openTestWorld(neighbours);
    const onRequest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const hosts = (name: string) => directoryFleet(join(world.directory, 'hosts'), () => ({ onRequest }))(name);
    await applyPlan({ ...world.setup({ hosts }), plan: planOf(neighbours.map(relayItem)) });
    const owned = JSON.parse(world.look().h1?.owned ?? '{}');
    assert.deepEqual(
      owned.files,
      neighbours.map(({ relay }) => dropInOf(relay)),
    );
  });

  it('refuses a plan whose kinds it does not know, and touches nothing', async () => {
    await using world = await openTestWorld(twoRelays);
    const [item] = plan.items;
    assert.ok(item);
    const strange = planOf([
      { ...item, gates: [{ id: 'g', kind: 'no.such', summary: 'g', params: {}, deadlineMs: 1 }] },
    ]);
    await assert.rejects(applyPlan({ ...world.setup(), plan: strange }), {
      code: 'change-kind-unknown',
      kind: 'refused',
    });
    assert.deepEqual(await listRuns(world.store), []);
  });

  it('a subscriber that throws does not end the change half way', async () => {
    await using world = await openTestWorld(twoRelays);
    const onEvent = (): void => {
      throw new Error('the renderer broke');
    };
    await assert.rejects(applyPlan({ ...world.setup({ onEvent }), plan, run: 'r' }), { kind: 'bug' });
    assert.equal((await readRun(world.store, 'r')).outcome, 'done');
  });
});

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
