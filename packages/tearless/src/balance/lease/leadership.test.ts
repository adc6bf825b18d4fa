// Who leads, on the store's real leases, in a world where clocks run unevenly and anything may be late, lost, stopped or killed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readOwnHolder } from '../../store/holder.ts';
import { openStore, type Store } from '../../store/store.ts';
import type { LeaderState } from '../model/leadership.ts';
import { createLeadership, leadershipTimes } from './leadership.ts';
import { leaseRoom } from './lease-room.ts';
import { type Nerves, World } from './testing/world.ts';

const address = 'x.onion';

interface Process {
  readonly name: string;
  readonly nerves: Nerves;
  readonly states: LeaderState[];
  readonly stop: AbortController;
  readonly leads: () => boolean;
  readonly offer: (canPublish: boolean) => void;
  readonly followed: Promise<void>;
}

interface Birth {
  readonly name: string;
  readonly rate?: number;
  readonly offsetMs?: number;
  readonly delayMs?: () => number;
  readonly isGone?: () => boolean;
}

const begin = (
  world: World,
  store: Store,
  { name, rate = 1, offsetMs = 0, delayMs = () => 5, isGone }: Birth,
): Process => {
  const nerves: Nerves = {
    stoppedUntilMs: 0,
    cutUntilMs: 0,
    slowUntilMs: 0,
    muteUntilMs: 0,
    isDead: false,
    answerDelayMs: 0,
  };
  const room = leaseRoom(store, [address]);
  const ask = <T>(act: () => Promise<T>): Promise<T> => world.ask(nerves, act, delayMs);
  const leadership = createLeadership({
    room: {
      look: () => ask(() => room.look()),
      take: (own, over) => ask(() => room.take(own, over)),
      renew: (id) => ask(() => room.renew(id)),
      release: (id) => ask(() => room.release(id)),
    },
    owner: { id: name, process: { ...readOwnHolder(), user: name } },
    isGone: isGone ?? (() => false),
    nowMs: () => world.nowMs,
    clock: world.clockOf(nerves, rate, offsetMs),
  });
  leadership.offer(true);
  const states: LeaderState[] = [];
  const stop = new AbortController();
  const followed = leadership.follow((state) => states.push(state), stop.signal);
  return {
    name,
    nerves,
    states,
    stop,
    followed,
    offer: leadership.offer,
    leads: () => !nerves.isDead && leadership.leads(),
  };
};

/** For when nothing else happens in between. */
const tick = (world: World, untilMs: number): void => {
  for (let ms = world.nowMs; ms < untilMs; ms += 50) world.at(ms, () => {});
};

const leadersOf = (processes: readonly Process[]): string[] =>
  processes.filter(({ leads }) => leads()).map(({ name }) => name);

/** Runs a world of two and hands each step its processes. */
const withTwo = async (
  play: (world: World, run: (ms: number) => Promise<void>, a: Process, b: Process) => Promise<void>,
  birth: Partial<Birth> = {},
): Promise<void> => {
  await using store = await openStore(':memory:');
  const world = new World();
  const a = begin(world, store, { name: 'a', ...birth });
  const processes = [a];
  const run = (ms: number): Promise<void> => {
    tick(world, world.nowMs + ms);
    return world.run(world.nowMs + ms, () =>
      assert.ok(leadersOf(processes).length <= 1, `two lead at ${world.nowMs} ms`),
    );
  };
  await run(100);
  const b = begin(world, store, { name: 'b', ...birth });
  processes.push(b);
  await run(3_000);
  assert.deepEqual(leadersOf(processes), ['a']);
  await play(world, run, a, b);
};

describe('of two balancers', () => {
  it('the first leads, and the second knows who', () =>
    withTwo(async (_, run, a, b) => {
      await run(60_000);
      assert.equal(a.leads(), true);
      const kinds = new Set(a.states.map(({ kind }) => kind));
      assert.deepEqual([...kinds], ['leading']);
      assert.deepEqual(b.states.length, 1);
      const [state] = b.states;
      assert.ok(state?.kind === 'standby' && state.leader.startsWith('a@'));
    }));

  it('the second leads within 10 s of the first one’s death', () =>
    withTwo(async (world, run, a, b) => {
      a.nerves.isDead = true;
      const diedMs = world.nowMs;
      while (!b.leads() && world.nowMs < diedMs + 20_000) await run(50);
      assert.ok(world.nowMs - diedMs <= 8_000, `${world.nowMs - diedMs} ms`);
      await run(30_000);
      assert.equal(b.leads(), true);
    }));

  it('the second leads within two seconds where it sees that the first one’s process has ended', () => {
    let isDead = false;
    return withTwo(
      async (_, run, a, b) => {
        a.nerves.isDead = isDead = true;
        await run(2_000);
        assert.equal(b.leads(), true);
      },
      { isGone: () => isDead },
    );
  });

  it('the second leads at once when the first one ends in peace', () =>
    withTwo(async (_, run, a, b) => {
      a.stop.abort();
      await run(1_500);
      await a.followed;
      assert.deepEqual([a.leads(), b.leads()], [false, true]);
    }));

  it('a leader that the store is out of reach for goes on until its time ends, says so twice, and comes back', () =>
    withTwo(async (world, run, a, b) => {
      a.nerves.cutUntilMs = world.nowMs + 20_000;
      b.nerves.cutUntilMs = world.nowMs + 60_000;
      a.states.length = 0;
      await run(3_000);
      assert.equal(a.leads(), true);
      const warned = a.states.at(-1);
      assert.ok(warned?.kind === 'unreachable' && warned.untilMs !== null && warned.untilMs > world.nowMs);
      assert.match(warned.why, /out of reach/);
      await run(4_000);
      assert.deepEqual(leadersOf([a, b]), []);
      const ended = a.states.at(-1);
      assert.ok(ended?.kind === 'unreachable' && ended.untilMs === null);
      await run(15_000);
      assert.deepEqual(leadersOf([a, b]), ['a']);
      assert.equal(a.states.at(-1)?.kind, 'leading');
    }));

  it('a leader that cannot publish for a while gives way, and waits when it can again', () =>
    withTwo(async (_, run, a, b) => {
      a.offer(false);
      await run(9_000);
      assert.deepEqual(leadersOf([a, b]), ['a'], 'a tor that starts again is waited for');
      await run(4_000);
      assert.deepEqual(leadersOf([a, b]), ['b']);
      assert.equal(a.states.at(-1)?.kind, 'aside');
      a.offer(true);
      await run(20_000);
      assert.deepEqual(leadersOf([a, b]), ['b']);
      assert.equal(a.states.at(-1)?.kind, 'standby');
    }));

  it('none leads while neither can publish, and the first that can does', () =>
    withTwo(async (_, run, a, b) => {
      for (const { offer } of [a, b]) offer(false);
      await run(30_000);
      assert.deepEqual(leadersOf([a, b]), []);
      b.offer(true);
      await run(1_500);
      assert.deepEqual(leadersOf([a, b]), ['b']);
    }));

  it('a leader that was stopped while the second took over does not lead when it goes on', () =>
    withTwo(async (world, run, a, b) => {
      a.nerves.stoppedUntilMs = world.nowMs + 30_000;
      await run(29_000);
      assert.equal(b.leads(), true);
      await run(10_000);
      assert.deepEqual(leadersOf([a, b]), ['b']);
      assert.equal(a.states.at(-1)?.kind, 'standby');
    }));

  it('a leader whose answers come late counts its time from its questions', async () => {
    for (let phaseMs = 0; phaseMs < 1_000; phaseMs += 125)
      await withTwo(async (world, run, a, b) => {
        a.nerves.answerDelayMs = 1_400;
        await run(9_000 + phaseMs);
        a.nerves.cutUntilMs = world.nowMs + 30_000;
        await run(25_000);
        assert.equal(b.leads(), true);
      });
  });

  it('a store that takes commands and loses its answers lets nobody lead beside another', () =>
    withTwo(async (world, run, a, b) => {
      a.nerves.muteUntilMs = world.nowMs + 60_000;
      await run(50_000);
      // Its beats arrive, so the second waits; it does not hear of them, so it does not lead.
      assert.equal(a.leads(), false);
      await run(20_000);
      assert.equal(leadersOf([a, b]).length, 1);
    }));
});

describe('of three balancers, whatever happens', () => {
  const trouble = fc.record({
    atMs: fc.integer({ min: 0, max: 60_000 }),
    who: fc.nat({ max: 2 }),
    what: fc.constantFrom('stop', 'cut', 'slow', 'mute', 'unable', 'end', 'kill'),
    forMs: fc.integer({ min: 100, max: 15_000 }),
  });
  const clocks = fc.array(
    fc.record({ rate: fc.double({ min: 0.98, max: 1.02, noNaN: true }), offsetMs: fc.nat(1e9) }),
    {
      minLength: 3,
      maxLength: 3,
    },
  );
  const delays = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 7, maxLength: 31 });

  const live = async (
    troubles: readonly { atMs: number; who: number; what: string; forMs: number }[],
    rates: readonly { rate: number; offsetMs: number }[],
    pauses: readonly number[],
  ): Promise<void> => {
    await using store = await openStore(':memory:');
    const world = new World();
    let turn = 0;
    const delayMs = (): number => pauses[turn++ % pauses.length] ?? 1;
    const processes = rates.map((clock, at) => begin(world, store, { name: `p${at}`, ...clock, delayMs }));
    const all = [...processes];
    for (const { atMs, who, what, forMs } of troubles)
      world.at(atMs, () => {
        const process = processes[who];
        if (process === undefined) return;
        const untilMs = world.nowMs + forMs;
        if (what === 'stop') process.nerves.stoppedUntilMs = untilMs;
        if (what === 'cut') process.nerves.cutUntilMs = untilMs;
        if (what === 'slow') process.nerves.slowUntilMs = untilMs;
        if (what === 'mute') process.nerves.muteUntilMs = untilMs;
        if (what === 'unable') {
          process.offer(false);
          world.at(untilMs, () => process.offer(true));
        }
        if (what === 'end') process.stop.abort();
        if (what === 'kill') process.nerves.isDead = true;
        // Who is gone comes back, as another process.
        if (what === 'end' || what === 'kill')
          world.at(untilMs, () => {
            const clock = rates[who] ?? { rate: 1, offsetMs: 0 };
            const next = begin(world, store, { name: `p${who} at ${untilMs}`, ...clock, delayMs });
            processes[who] = next;
            all.push(next);
          });
      });
    tick(world, 75_000);
    const look = (): void => {
      const leaders = leadersOf(all);
      assert.ok(leaders.length <= 1, `${leaders.join(' and ')} lead at ${world.nowMs} ms`);
    };
    await world.run(75_000, look);
    // All trouble is over by then; a dead leader's lease may have to run out.
    await world.run(100_000, look);
    assert.equal(leadersOf(all).length, 1, 'one leads in the end');
  };

  it('never two lead at one instant, and one does in the end', async () => {
    assert.ok(leadershipTimes.marginMs > 0);
    await fc.assert(fc.asyncProperty(fc.array(trouble, { maxLength: 12 }), clocks, delays, live), {
      seed: 20260301,
      numRuns: 60,
    });
  });
});
