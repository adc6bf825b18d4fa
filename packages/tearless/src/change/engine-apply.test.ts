// The engine over hosts that are directories, applying: what it does in which order, and what it writes down.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { applyPlan } from './engine.ts';
import { listRuns, readRun } from './read-run.ts';
import { directoryFleet, dropInOf, planOf, relayItem } from './testing/fleet.ts';
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
