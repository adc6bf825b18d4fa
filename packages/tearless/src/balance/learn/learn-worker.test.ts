// Looks at a worker's directories, of which some say nothing: nobody waits for those.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import { Turns } from '../circuits/turns.ts';
import { PlayedTor } from '../run/testing/played-tor.ts';
import { PlayedWorker } from '../run/testing/played-worker.ts';
import { settle, VirtualClock } from '../run/testing/virtual-clock.ts';
import { LearnMemory } from './learn-memory.ts';
import { type LearnOutcome, learnWorker } from './learn-worker.ts';
import { fetchedPeriod, listDirectories } from './network-view.ts';

suite('a look at the directories of a worker', () => {
  let clock: VirtualClock;
  let tor: PlayedTor;
  let memory: LearnMemory;
  let ending: AbortController;
  const worker = new PlayedWorker('w1');
  beforeEach(() => {
    clock = new VirtualClock(Date.UTC(2026, 0, 10, 3, 7));
    tor = new PlayedTor(clock);
    memory = new LearnMemory();
    ending = new AbortController();
  });
  afterEach(() => ending.abort()); // those that hang

  const look = async (seed: string, turns: Turns): Promise<LearnOutcome> =>
    learnWorker({
      controller: await tor.connect(),
      view: tor.view,
      address: worker.onionAddress,
      known: undefined,
      clock,
      memory,
      random: randomFromSeed(seed),
      turns,
      signal: ending.signal,
    });
  const oneAtATime = () => new Turns({ mostAtOnce: 1, uploads: { perSecond: 1, most: 1 } }, clock);
  const publish = (counter = 1000n): void => {
    const { period } = fetchedPeriod(tor.view).slot;
    tor.publish(worker.makeDescriptor({ period, nowMs: clock.now(), counter }));
  };
  const directories = (): string[] => {
    const period = fetchedPeriod(tor.view);
    const { blindedKey } = memory.keysOf(worker.onionAddress, period.slot.period);
    return listDirectories(period, blindedKey, tor.view.sizes)
      .filter(({ isFetched }) => isFetched)
      .map(({ fingerprint }) => fingerprint);
  };

  test('goes on to the next when one lets it wait, and gives others its turn', async () => {
    publish();
    const all = directories();
    assert.equal(all.length, 6);
    for (const directory of all.slice(0, 5)) tor.silent.add(directory);
    const turns = oneAtATime();
    const looking = look('one', turns);
    await settle();
    let isTheirTurn = false;
    const others = turns.take('look', ending.signal).then((release) => {
      isTheirTurn = true;
      release();
    });
    await clock.pass(5_000);
    assert.ok(isTheirTurn);
    await others;
    await clock.pass(25_000);
    const { learnt, problems } = await looking;
    assert.equal(learnt?.revisionCounter, 1000n);
    assert.equal(problems.length, 5);
    assert.match(problems[0] ?? '', /^[0-9A-F]{8}: no answer within 5 s$/);
  });

  test('asks one that let it wait after the others, for ten minutes', async () => {
    publish();
    const all = directories();
    for (const directory of all) memory.noteSlow(directory, clock.now());
    const [quick] = all;
    assert.ok(quick !== undefined);
    assert.ok(all.every((directory) => memory.isSlow(directory, clock.now() + 599_000)));
    assert.ok(!all.some((directory) => memory.isSlow(directory, clock.now() + 600_000)));
    memory = new LearnMemory();
    for (const directory of all.slice(2)) {
      memory.noteSlow(directory, clock.now());
      tor.silent.add(directory);
    }
    for (const seed of ['a', 'b', 'c', 'd']) {
      const { learnt, problems } = await look(seed, oneAtATime());
      assert.equal(learnt?.revisionCounter, 1000n);
      assert.deepEqual(problems, []);
    }
  });

  test('takes what a slow one says where no other has anything', async () => {
    publish();
    const all = directories();
    const [slow, ...absent] = all;
    assert.ok(slow !== undefined);
    for (const directory of absent) tor.held.delete(directory);
    const held = tor.held.get(slow);
    tor.silent.add(slow);
    const looking = look('late', oneAtATime());
    await clock.pass(6_000);
    const text = [...(held?.values() ?? [])][0];
    assert.ok(text !== undefined);
    tor.answer(worker.onionAddress, slow, text);
    const { learnt, problems } = await looking;
    assert.equal(learnt?.revisionCounter, 1000n);
    assert.equal(problems.length, 5);
    assert.ok(problems.every((problem) => problem.includes('NOT_FOUND')));
  });
});
