// The loop on a played tor under a virtual clock: what is published when, and what makes it stop and go on.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { removeBalanceDrain, writeBalanceDrain } from '../../store/balance-drains.ts';
import { Bed, frontendAddress } from './testing/bed.ts';
import { settle } from './testing/virtual-clock.ts';

const minuteMs = 60_000;

describe('the loop', () => {
  it('publishes both periods as soon as all workers are known, each with one counter, and looks what is held', async () => {
    await using bed = await Bed.open();
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(1_000);
    const rounds = bed.events.filter((event) => event.kind === 'round.published');
    assert.equal(rounds.length, 2);
    assert.deepEqual(
      rounds.map(({ isFetched, uploads }) => [isFetched, uploads.verified > 0, uploads.failed]),
      [
        [true, true, 0],
        [false, false, 0],
      ],
    );
    const counters = new Map<string, Set<bigint>>();
    for (const { blindedKey, counter } of bed.tor.posts)
      counters.set(blindedKey, (counters.get(blindedKey) ?? new Set()).add(counter));
    assert.deepEqual(
      [...counters.values()].map((one) => one.size),
      [1, 1],
    );
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
    await bed.clock.pass(30 * minuteMs);
    assert.equal(bed.count('round.published'), 2, 'nothing has changed since');
  });

  it('is rid of a worker at once, and gathers other changes for 30 s', async () => {
    await using bed = await Bed.open();
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    const before = bed.tor.posts.length;
    bed.sayDescriptor(bed.worker(0), { counter: 1001n, points: ['1', '2', '4'] });
    await bed.clock.pass(29_000);
    assert.equal(bed.tor.posts.length, before);
    bed.worker(1).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await settle();
    assert.deepEqual(bed.standing(), ['w1', 'w3']);
    assert.ok(bed.postsSince(before).every(({ atMs }) => atMs === bed.clock.now()));
  });

  it('publishes at once when a worker has none of its points any more', async () => {
    await using bed = await Bed.open();
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    const before = bed.tor.posts.length;
    bed.sayDescriptor(bed.worker(0), { counter: 1001n, points: ['4', '5', '6'] });
    await settle();
    assert.ok(bed.tor.posts.length > before);
  });

  it('does not wait for a directory that hangs when a worker is lost', async () => {
    await using bed = await Bed.open();
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    const stuck = bed.tor.posts[0]?.directory ?? '';
    bed.tor.behaviours.set(stuck, 'hang');
    bed.sayDescriptor(bed.worker(0), { counter: 1001n, points: ['1', '2', '4'] });
    await bed.clock.pass(31_000);
    const sent = bed.tor.posts.length;
    bed.worker(1).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await settle();
    const last = bed.postsSince(sent);
    const before = new Map(bed.tor.posts.slice(0, sent).map(({ blindedKey, counter }) => [blindedKey, counter]));
    assert.ok(last.length > 0 && last.every(({ directory }) => directory !== stuck), 'the others have the newer round');
    assert.ok(last.every(({ blindedKey, counter }) => counter > (before.get(blindedKey) ?? 0n)));
  });

  it('goes on without a directory that hangs: the others are not kept from their next try, nor the other period', async () => {
    await using bed = await Bed.open();
    const { tor } = bed;
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    const ofRead = tor.posts.filter(({ blindedKey }) => blindedKey === tor.posts[0]?.blindedKey);
    const [stuck = '', failing = ''] = ofRead.map(({ directory }) => directory);
    tor.behaviours.set(stuck, 'hang').set(failing, 'fail');
    const before = bed.count('round.published');
    bed.worker(1).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await bed.clock.pass(minuteMs);
    assert.equal(bed.count('round.published'), before + 2);
    tor.behaviours.delete(failing);
    await bed.clock.pass(2 * minuteMs);
    const { rounds } = await bed.status();
    const missed = rounds.flatMap(({ directories }) => directories).filter(({ state }) => state === 'failed');
    assert.deepEqual(
      [...new Set(missed.map(({ fingerprint, reason }) => `${fingerprint} ${reason}`))],
      [`${stuck} it has not answered an earlier upload yet`],
    );
  });

  it('keeps the last good set when all are out, says so, and publishes it again when its time has come', async () => {
    await using bed = await Bed.open();
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    for (const worker of bed.workers) worker.say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await bed.clock.pass(minuteMs);
    assert.equal(bed.count('frontend.all-out'), 1);
    assert.ok(bed.standing().length > 0);
    assert.equal((await bed.status()).state, 'all-out');
    const before = bed.tor.posts.length;
    await bed.clock.pass(100 * minuteMs);
    bed.tor.renew();
    await bed.clock.pass(60 * minuteMs);
    assert.ok(bed.tor.posts.length > before, 'directories forget what is three hours old');
    assert.ok(bed.standing().length > 0);
    bed.tor.renew();
    await bed.sayUp({ counter: 1002n });
    await bed.clock.pass(2 * minuteMs);
    assert.equal(bed.count('frontend.recovered'), 1);
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
  });

  it('tries directories that failed again, later each time, with the same counter and nobody else', async () => {
    await using bed = await Bed.open();
    const { tor } = bed;
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    const [{ directory: bad, blindedKey: key } = { directory: '', blindedKey: '' }] = tor.posts;
    tor.behaviours.set(bad, 'fail');
    bed.sayDescriptor(bed.worker(0), { counter: 1001n, points: ['1', '2', '4'] });
    const sent = tor.posts.length;
    await bed.clock.pass(minuteMs);
    const before = tor.posts.length;
    await bed.clock.pass(20 * minuteMs);
    const retries = bed.postsSince(before);
    assert.ok(retries.length > 0 && retries.every(({ directory }) => directory === bad));
    const of = bed.postsSince(sent).filter(({ blindedKey }) => blindedKey === key);
    assert.equal(new Set(of.map(({ counter }) => counter)).size, 1);
    const times = of.filter(({ directory }) => directory === bad).map(({ atMs }) => atMs);
    const rounds = times.filter((time, index) => index === 0 || time - (times[index - 1] ?? 0) > 10_000);
    const gaps = rounds.slice(1).map((time, index) => time - (rounds[index] ?? 0));
    assert.ok(gaps.length >= 3);
    assert.deepEqual(
      [...gaps].sort((a, b) => a - b),
      gaps,
    );
    tor.behaviours.clear();
    await bed.clock.pass(17 * minuteMs);
    const { rounds: standing } = await bed.status();
    assert.deepEqual(
      standing.flatMap(({ directories }) => directories).filter(({ state }) => state === 'failed'),
      [],
    );
  });
});

describe('a helper', () => {
  it('that speaks spares directories looks; one that is lost does not', async () => {
    await using bed = await Bed.open();
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(20 * minuteMs);
    const ofWorker = () => bed.tor.fetches.filter((address) => address === bed.worker(0).onionAddress).length;
    assert.equal(ofWorker(), 0);
    bed.worker(0).say({ kind: 'lost', why: 'ssh ended' }, bed.clock.now());
    await bed.clock.pass(minuteMs);
    assert.ok(ofWorker() > 0);
    assert.equal(bed.tor.fetches.filter((address) => address === bed.worker(1).onionAddress).length, 0);
  });

  it('is not believed what its worker did not sign, what is old, too long or broken: refused, counted, not published', async () => {
    await using bed = await Bed.open();
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    const [victim, other] = [bed.worker(0), bed.worker(1)];
    const { period } = bed.tor.view.periods[0].slot;
    const nowMs = bed.clock.now();
    const own = victim.makeDescriptor({ period, nowMs, counter: 2000n, points: ['4'] });
    const before = bed.tor.posts.length;
    const texts = {
      'balance-replayed-descriptor': victim.makeDescriptor({ period, nowMs, counter: 999n, points: ['4'] }),
      'hsdesc-wrong-key': other.makeDescriptor({ period, nowMs, counter: 2000n, points: ['4'] }),
      'hsdesc-too-large': `${own}${'x'.repeat(50_000)}`,
      'hsdesc-bad-signature': own.replace('revision-counter 2000', 'revision-counter 2001'),
      'hsdesc-bad-certificate': victim.makeDescriptor({
        period,
        nowMs: nowMs - 60 * 3_600_000,
        counter: 2000n,
        points: ['4'],
      }),
      'balance-no-points': victim.makeDescriptor({ period, nowMs, counter: 2000n, points: [] }),
      'hsdesc-missing': own.slice(0, 300).split('\n').slice(0, 2).join('\n'),
    };
    for (const [reason, text] of Object.entries(texts)) {
      victim.say({ kind: 'descriptor', text }, nowMs);
      await settle();
      const last = bed.events.at(-1);
      assert.equal(last?.kind === 'descriptor.refused' ? last.reason : last?.kind, reason);
    }
    victim.say({ kind: 'descriptor', text: 'no descriptor at all' }, nowMs);
    await bed.clock.pass(10 * minuteMs);
    assert.equal(bed.tor.posts.length, before);
    const status = (await bed.status()).workers.find(({ id }) => id === victim.id);
    assert.equal(status?.state, 'in');
    const counted = Object.values(status?.refused ?? {}).reduce((sum, count) => sum + count, 0);
    assert.ok(counted >= 1 && counted <= Object.keys(texts).length + 1);
  });

  it('may be heard before tor is there', async () => {
    await using bed = await Bed.open();
    bed.tor.hasCircuits = false;
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    assert.equal(bed.tor.posts.length, 0);
    bed.tor.hasCircuits = true;
    await bed.clock.pass(10_000);
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
  });
});

describe('workers without helpers', () => {
  it('are learnt from their directories, and looked at now and then', async () => {
    await using bed = await Bed.open({ hasHelpers: false });
    const { period } = bed.tor.view.periods.find(({ slot }) => slot.isFetched)?.slot ?? {};
    assert.ok(period !== undefined);
    for (const worker of bed.workers) bed.tor.publish(worker.makeDescriptor({ period, nowMs: bed.clock.now() }));
    bed.start();
    await bed.clock.pass(1_000);
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
    const looks = () => bed.tor.fetches.filter((address) => address !== frontendAddress).length;
    assert.equal(looks(), 6, 'two answers of each');
    await bed.clock.pass(6 * minuteMs);
    assert.equal(looks(), 12);
    bed.tor.publish(
      bed.worker(0).makeDescriptor({ period, nowMs: bed.clock.now(), counter: 1001n, points: ['4', '5'] }),
    );
    await bed.clock.pass(7 * minuteMs);
    assert.equal((await bed.status()).workers[0]?.points, 2);
  });
});

describe('draining', () => {
  it('begins and ends as the store has it, and tells until when clients may still come', async () => {
    await using bed = await Bed.open();
    bed.start();
    await bed.sayUp();
    await bed.clock.pass(minuteMs);
    await writeBalanceDrain(bed.store, { frontend: frontendAddress, worker: 'w2', sinceMs: bed.clock.now() });
    await bed.clock.pass(2 * minuteMs);
    assert.deepEqual(bed.standing(), ['w1', 'w3']);
    const { workers, rounds } = await bed.status();
    const drained = workers.find(({ id }) => id === 'w2');
    assert.equal(drained?.state, 'draining');
    assert.equal(drained?.cachedUntilMs, rounds.find(({ isFetched }) => isFetched)?.periodEndMs);
    await removeBalanceDrain(bed.store, frontendAddress, 'w2');
    await bed.clock.pass(2 * minuteMs);
    assert.deepEqual(bed.standing(), ['w1', 'w2', 'w3']);
  });
});
