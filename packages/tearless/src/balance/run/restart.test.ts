// Killed at every await and started again: a counter never goes back, and what stands is not sent again needlessly.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Store } from '../../store/store.ts';
import { Bed } from './testing/bed.ts';
import { settle } from './testing/virtual-clock.ts';

/** As a process that is killed sees it: from that command on, nothing of it reaches tor or the store. */
const killAt = (bed: Bed, command: number): { readonly store: Store; readonly isKilled: () => boolean } => {
  let commands = 0;
  const dead = (): boolean => commands >= command;
  const count = (): void => {
    commands += 1;
    if (dead()) throw new Error('killed');
  };
  bed.tor.onCommand = count;
  const db = new Proxy(bed.store.db, {
    get: (target, name) => {
      if (['insertInto', 'deleteFrom', 'selectFrom', 'transaction'].includes(String(name))) count();
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { store: { ...bed.store, db }, isKilled: dead };
};

it('wherever it is killed, counters only rise and what stands in the end is what should', async () => {
  let kills = 0;
  for (let command = 1; ; command += 1) {
    await using bed = await Bed.open({ workers: 2 });
    const { store, isKilled } = killAt(bed, command);
    bed.start({}, store);
    await bed.sayUp();
    await bed.clock.pass(1_000);
    bed.worker(0).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await bed.clock.pass(1_000);
    const ended = await bed.stop().then(
      () => 'stopped',
      (error: unknown) => String(error),
    );
    if (!isKilled()) {
      assert.equal(ended, 'stopped');
      break;
    }
    assert.match(ended, /killed/);
    kills += 1;
    bed.tor.onCommand = () => {};
    bed.start();
    await settle();
    bed.sayDescriptor(bed.worker(1));
    bed.worker(0).say({ kind: 'down', why: 'its tor is gone' }, bed.clock.now());
    await bed.clock.pass(5_000);
    const highest = new Map<string, bigint>();
    for (const { blindedKey, counter } of bed.tor.posts) {
      const before = highest.get(blindedKey) ?? 0n;
      assert.ok(counter >= before, `killed at ${command}: ${counter} after ${before}`);
      highest.set(blindedKey, counter);
    }
    assert.deepEqual(bed.standing(), ['w2'], `killed at ${command}`);
    const sent = bed.tor.posts.length;
    await bed.stop();
    bed.start();
    await settle();
    bed.sayDescriptor(bed.worker(1));
    await bed.clock.pass(35_000);
    assert.equal(bed.tor.posts.length, sent, `killed at ${command}: started once more, it sends nothing`);
  }
  assert.ok(kills > 50, `${kills} places were tried`);
});
