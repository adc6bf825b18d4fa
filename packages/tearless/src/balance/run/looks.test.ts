// Looks that are cut off, and looks that are due no more when their turn comes.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import { Turns } from '../circuits/turns.ts';
import { LearnMemory } from '../learn/learn-memory.ts';
import { LookLine } from './look-line.ts';
import { Looks } from './looks.ts';
import { Roster } from './roster.ts';
import type { FrontendWorld, Session } from './session.ts';
import { PlayedTor } from './testing/played-tor.ts';
import { PlayedWorker } from './testing/played-worker.ts';
import { settle, VirtualClock } from './testing/virtual-clock.ts';
import { timingsFor } from './timings.ts';
import { blankRecord } from './worker-record.ts';

const timings = timingsFor({ isTestNetwork: false }, 2, 4);

describe('looks', () => {
  let clock: VirtualClock;
  let tor: PlayedTor;
  let turns: Turns;
  let roster: Roster;
  let looks: Looks;
  let ending: AbortController;
  const workers = ['a', 'b'].map((name) => new PlayedWorker(name));

  const open = (hasHelpers: boolean): void => {
    const memory = new LearnMemory();
    roster = new Roster({
      frontend: 'a.onion',
      records: workers.map(({ id, onionAddress, helper }) =>
        blankRecord({ id, onionAddress, weight: 1, port: null, ...(hasHelpers ? { helper } : {}) }),
      ),
      health: {},
      clock,
      memory,
      emit: () => {},
    });
    const world = { clock, random: randomFromSeed('looks') } as unknown as FrontendWorld;
    looks = new Looks({ roster, world, memory, onLook: () => {} });
  };
  const connect = async (): Promise<Session> => {
    ending = new AbortController();
    const { signal } = ending;
    const session = { controller: await tor.connect(), view: tor.view, timings, turns, signal };
    return { ...session, looks: new LookLine(1, signal), fail: assert.ifError } as unknown as Session;
  };
  beforeEach(() => {
    clock = new VirtualClock(Date.UTC(2026, 0, 10, 3, 20));
    tor = new PlayedTor(clock);
    turns = new Turns({ mostAtOnce: 1, uploads: { perSecond: 1, most: 1 } }, clock);
  });
  afterEach(() => ending.abort());

  it('that were cut off are due at once when there is a connection again', async () => {
    open(false);
    for (const { hsDir } of tor.view.periods[0].ring.members) tor.silent.add(hsDir.fingerprint);
    looks.start(await connect());
    await settle();
    assert.equal(tor.fetches.length, 1);
    ending.abort(new Error('tor has gone'));
    await settle();
    tor.silent.clear();
    looks.start(await connect());
    await settle();
    assert.deepEqual(new Set(tor.fetches.slice(1)), new Set(workers.map(({ onionAddress }) => onionAddress)));
  });

  it('of workers whose helper speaks again before their turn comes are left out', async () => {
    open(true);
    await clock.pass(timings.helperGraceMs);
    const session = await connect();
    const release = await turns.take('loss', session.signal);
    looks.start(session);
    await settle();
    roster.hearHelper('b', { kind: 'up', atMs: clock.now() });
    release();
    await settle();
    assert.deepEqual(new Set(tor.fetches), new Set([workers[0]?.onionAddress]));
    roster.hearHelper('b', { kind: 'lost', atMs: clock.now(), why: 'the way to it broke' });
    await clock.pass(timings.helperGraceMs);
    looks.start(session);
    await settle();
    assert.ok(tor.fetches.includes(workers[1]?.onionAddress ?? ''), 'it is due again when it has gone');
  });
});
