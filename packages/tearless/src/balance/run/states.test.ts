// Each reason for not publishing: it has a name, nothing is sent meanwhile, and it passes without help.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../base/clock.ts';
import type { Store } from '../../store/store.ts';
import { StoreError } from '../../store/store-error.ts';
import type { LeaderState, Leadership } from '../model/leadership.ts';
import { Bed, startMs } from './testing/bed.ts';
import { settle } from './testing/virtual-clock.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Starts with something in the way; all helpers speak. */
const startWith = async (bed: Bed): Promise<void> => {
  bed.start();
  await bed.sayUp();
  await bed.clock.pass(minuteMs);
  assert.equal(bed.tor.posts.length, 0);
};

const isServing = async (bed: Bed): Promise<void> => {
  await bed.clock.pass(minuteMs);
  assert.equal(bed.states().at(-1), 'running');
  assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
};

describe('nothing is published, and then it is,', () => {
  it('while the control port does not answer', async () => {
    await using bed = await Bed.open();
    bed.tor.isReachable = false;
    await startWith(bed);
    assert.deepEqual(new Set(bed.states()), new Set(['connecting']));
    bed.tor.isReachable = true;
    await isServing(bed);
  });

  it('while tor has no circuits', async () => {
    await using bed = await Bed.open();
    bed.tor.hasCircuits = false;
    await startWith(bed);
    assert.equal(bed.states().at(-1), 'tor-starting');
    bed.tor.hasCircuits = true;
    await isServing(bed);
  });

  it('while tor lacks microdescriptors of directories', async () => {
    await using bed = await Bed.open();
    bed.tor.hasMicrodescs = false;
    await startWith(bed);
    assert.equal(bed.states().at(-1), 'ring-incomplete');
    bed.tor.hasMicrodescs = true;
    await isServing(bed);
  });

  it('while the clock is behind the consensus', async () => {
    await using bed = await Bed.open();
    bed.clock.set(startMs - 2 * hourMs);
    await startWith(bed);
    assert.equal(bed.states().at(-1), 'clock-behind');
    bed.clock.set(startMs);
    await isServing(bed);
  });

  it('while the consensus is older than the clock allows', async () => {
    await using bed = await Bed.open();
    bed.clock.set(startMs + 4 * hourMs);
    await startWith(bed);
    assert.equal(bed.states().at(-1), 'consensus-stale');
    bed.tor.renew();
    await bed.sayUp({ counter: 1001n });
    await isServing(bed);
  });
});

it('a clock that jumps ahead while it runs stops it, and no counter of that time is ever used', async () => {
  await using bed = await Bed.open();
  bed.start();
  await bed.sayUp();
  await bed.clock.pass(minuteMs);
  const before = bed.tor.posts.length;
  const atMs = bed.clock.now();
  bed.clock.set(atMs + 10 * hourMs);
  bed.worker(0).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
  await settle();
  assert.equal(bed.states().at(-1), 'consensus-stale');
  assert.equal(bed.tor.posts.length, before);
  bed.clock.set(atMs + minuteMs);
  bed.tor.renew();
  await settle();
  assert.deepEqual(bed.standing(), ['w2', 'w3']);
});

it('a tor that goes away while it runs is waited for, and what stands is not sent again', async () => {
  await using bed = await Bed.open();
  bed.start();
  await bed.sayUp();
  await bed.clock.pass(minuteMs);
  const before = bed.tor.posts.length;
  bed.tor.isReachable = false;
  bed.tor.drop();
  await bed.clock.pass(minuteMs);
  assert.equal(bed.states().at(-1), 'connecting');
  bed.tor.isReachable = true;
  await bed.clock.pass(minuteMs);
  assert.equal(bed.states().at(-1), 'running');
  assert.equal(bed.tor.posts.length, before);
  await bed.stop();
  assert.equal(bed.states().at(-1), 'stopped');
  assert.equal((await bed.status()).state, 'stopped');
});

/** A store that can be away. */
const withDoor = (store: Store) => {
  const door = { isAway: false, store };
  const db = new Proxy(store.db, {
    get: (target, name) => {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (door.isAway) throw new StoreError({ kind: 'unreachable', code: 'store-unreachable', message: 'no answer' });
      return value.bind(target);
    },
  });
  door.store = { ...store, db };
  return door;
};

it('a store that is out of reach stops it, and what came meanwhile is published when it is back', async () => {
  await using bed = await Bed.open();
  const store = withDoor(bed.store);
  bed.start({}, store.store);
  await bed.sayUp();
  await bed.clock.pass(minuteMs);
  const before = bed.tor.posts.length;
  store.isAway = true;
  bed.worker(1).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
  await bed.clock.pass(5 * minuteMs);
  assert.equal(bed.states().at(-1), 'store-lost');
  assert.equal(bed.tor.posts.length, before, 'no counter is used that is not noted');
  store.isAway = false;
  await bed.clock.pass(minuteMs);
  assert.equal(bed.states().at(-1), 'running');
  assert.deepEqual(bed.standing(), ['w1', 'w3']);
  assert.equal((await bed.status()).workers[1]?.state, 'out');
});

it('after a restart a helper counts as lost until it speaks', async () => {
  await using bed = await Bed.open();
  bed.start();
  await bed.sayUp();
  await bed.clock.pass(minuteMs);
  await bed.stop();
  const before = bed.tor.posts.length;
  bed.start();
  await settle();
  bed.sayDescriptor(bed.worker(0));
  bed.sayDescriptor(bed.worker(2));
  await bed.clock.pass(minuteMs);
  assert.equal(bed.tor.posts.length, before, 'its last word holds for a while');
  await bed.clock.pass(minuteMs);
  assert.deepEqual(bed.standing(), ['w1', 'w3']);
});

it('a period without keys has nothing published, the other goes on; new keys are taken up', async () => {
  await using bed = await Bed.open();
  const [first, second] = bed.tor.view.periods;
  let lastPeriod = Math.min(first.slot.period.number, second.slot.period.number);
  const { keys } = bed.config;
  bed.config = {
    ...bed.config,
    keys: { ...keys, of: (period) => (period.number > lastPeriod ? undefined : keys.of(period)) },
  };
  bed.start();
  await bed.sayUp();
  await bed.clock.pass(minuteMs);
  assert.equal(bed.count('frontend.keys-ended'), 1);
  assert.equal((await bed.status()).state, 'keys-ended');
  assert.equal(bed.count('round.published'), 1);
  lastPeriod += 1;
  await bed.clock.pass(2 * minuteMs);
  assert.equal(bed.count('round.published'), 2);
  assert.equal(bed.count('frontend.recovered'), 1);
  assert.equal((await bed.status()).state, 'running');
});

/** Says who leads as a test lets it. */
class PlayedLeadership implements Leadership {
  readonly #clock: Clock;
  #listen: (state: LeaderState) => void = () => {};
  #state: LeaderState = { kind: 'standby', leader: 'nobody' };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  say(state: LeaderState): void {
    this.#state = state;
    this.#listen(state);
  }

  offer(): void {}

  leads(): boolean {
    return 'untilMs' in this.#state && this.#clock.now() < (this.#state.untilMs ?? 0);
  }

  async follow(listen: (state: LeaderState) => void, signal: AbortSignal): Promise<void> {
    this.#listen = listen;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

describe('of two balancers', () => {
  it('the one that stands by learns and sends nothing; when it leads it publishes what has changed, at once', async () => {
    await using bed = await Bed.open();
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    await bed.stop();
    const leadership = new PlayedLeadership(bed.clock);
    bed.start({ leadership });
    await settle();
    leadership.say({ kind: 'standby', leader: 'the other' });
    await bed.sayUp();
    const before = bed.tor.posts.length;
    const stored = await bed.status();
    bed.worker(1).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await bed.clock.pass(10 * minuteMs);
    assert.equal(bed.states().at(-1), 'standby');
    assert.equal(bed.tor.posts.length, before);
    assert.deepEqual(await bed.status(), stored, 'what is remembered is the leader’s business');
    const ledMs = bed.clock.now();
    leadership.say({ kind: 'leading', term: 1, untilMs: ledMs + 6_000 });
    await settle();
    assert.deepEqual(bed.standing(), ['w1', 'w3']);
    assert.ok(
      bed.postsSince(before).every(({ isTaken, atMs }) => isTaken && atMs === ledMs),
      'no counter is refused',
    );
  });

  it('the one that leads and stands by after it sends nothing needlessly when nothing has changed', async () => {
    await using bed = await Bed.open();
    const leadership = new PlayedLeadership(bed.clock);
    bed.start({ leadership });
    await settle();
    leadership.say({ kind: 'leading', term: 2, untilMs: bed.clock.now() + hourMs });
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    const before = bed.tor.posts.length;
    leadership.say({ kind: 'standby', leader: 'the other' });
    await bed.clock.pass(minuteMs);
    leadership.say({ kind: 'leading', term: 3, untilMs: bed.clock.now() + hourMs });
    await bed.clock.pass(minuteMs);
    assert.equal(bed.tor.posts.length, before);
  });

  it('the one whose lease ends without news stops, with a warning, in the middle of a round too', async () => {
    await using bed = await Bed.open();
    const leadership = new PlayedLeadership(bed.clock);
    bed.start({ leadership });
    await settle();
    leadership.say({ kind: 'leading', term: 4, untilMs: bed.clock.now() + 90_000 });
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    leadership.say({ kind: 'unreachable', why: 'the database does not answer', untilMs: bed.clock.now() + 30_000 });
    await bed.clock.pass(29_000);
    assert.equal(bed.states().at(-1), 'running', 'it goes on until its lease ends');
    for (const { hsDir } of bed.tor.view.periods[0].ring.members) bed.tor.behaviours.set(hsDir.fingerprint, 'fail');
    bed.worker(1).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await bed.clock.pass(1_000);
    const before = bed.tor.posts.length;
    await bed.clock.pass(10 * minuteMs);
    assert.equal(bed.states().at(-1), 'lease-lost');
    assert.equal(bed.tor.posts.length, before);
    bed.tor.behaviours.clear();
    leadership.say({ kind: 'leading', term: 5, untilMs: bed.clock.now() + hourMs });
    await bed.clock.pass(minuteMs);
    assert.deepEqual(bed.standing(), ['w1', 'w3']);
  });

  it('the one that leads goes on without the store until its lease ends, then publishes no more, and says so', async () => {
    await using bed = await Bed.open();
    const leadership = new PlayedLeadership(bed.clock);
    const store = withDoor(bed.store);
    bed.start({ leadership }, store.store);
    await settle();
    leadership.say({ kind: 'leading', term: 6, untilMs: bed.clock.now() + hourMs });
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    store.isAway = true;
    leadership.say({ kind: 'unreachable', why: 'the database is gone', untilMs: bed.clock.now() + minuteMs });
    bed.worker(1).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await bed.clock.pass(30_000);
    assert.deepEqual(bed.standing(), ['w1', 'w3']);
    assert.equal(bed.states().at(-1), 'running');
    assert.match(bed.whys().at(-1) ?? '', /^the database is gone; nothing is published after 2026-01-10T/);
    await bed.clock.pass(31_000);
    const before = bed.tor.posts.length;
    bed.worker(2).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await bed.clock.pass(10 * minuteMs);
    assert.equal(bed.tor.posts.length, before);
    assert.deepEqual([bed.states().at(-1), bed.whys().at(-1)], ['lease-lost', 'the database is gone']);
    store.isAway = false;
    leadership.say({ kind: 'leading', term: 7, untilMs: bed.clock.now() + hourMs });
    await bed.clock.pass(minuteMs);
    assert.deepEqual(bed.standing(), ['w1']);
    assert.ok(
      bed.postsSince(before).every(({ isTaken }) => isTaken),
      'no counter is refused',
    );
    assert.equal((await bed.status()).workers[2]?.state, 'out');
  });

  it('what the leader could not write down is written when the store is back before its lease ends', async () => {
    await using bed = await Bed.open();
    const leadership = new PlayedLeadership(bed.clock);
    const store = withDoor(bed.store);
    bed.start({ leadership }, store.store);
    await settle();
    leadership.say({ kind: 'leading', term: 8, untilMs: bed.clock.now() + hourMs });
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    store.isAway = true;
    bed.worker(1).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await bed.clock.pass(30_000);
    assert.notEqual((await bed.status()).workers[1]?.state, 'out');
    store.isAway = false;
    await bed.clock.pass(minuteMs);
    const { workers, rounds } = await bed.status();
    assert.equal(workers[1]?.state, 'out');
    assert.ok(
      rounds.every(({ directories }) =>
        directories.every(({ points }) => points.every(({ worker }) => worker !== 'w2')),
      ),
    );
  });
});
