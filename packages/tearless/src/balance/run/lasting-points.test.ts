// Which points of a worker outlast the next shared-random change: those of the descriptor that clients read. Between the change
// of the time period and that one, tor's own word is of the period before.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fetchedPeriod } from '../learn/network-view.ts';
import { Bed } from './testing/bed.ts';

const hourMs = 3_600_000;
const early = ['1', '2', '3'];
const lasting = ['4', '5', '6'];

/** At one o'clock in the afternoon, an hour after the period's change; helpers have told of the period before. */
const openAfterChange = async (): Promise<Bed> => {
  const bed = await Bed.open();
  await bed.clock.pass(13 * hourMs - (bed.clock.now() % (24 * hourMs)));
  bed.tor.renew();
  assert.equal(fetchedPeriod(bed.tor.view), bed.tor.view.periods[1]);
  return bed;
};

const publish = (bed: Bed, counter = 1000n): void => {
  const { period } = bed.tor.view.periods[1].slot;
  for (const worker of bed.workers)
    bed.tor.publish(worker.makeDescriptor({ period, nowMs: bed.clock.now(), counter, points: lasting }));
};

const sources = async (bed: Bed): Promise<(string | null)[]> =>
  (await bed.status()).workers.map(({ source }) => source);

describe('points that outlast the shared-random change', () => {
  it('are taken from directories although helpers speak', async () => {
    await using bed = await openAfterChange();
    publish(bed);
    bed.start();
    await bed.sayUp({ points: early });
    await bed.clock.pass(60_000);
    assert.deepEqual(await sources(bed), ['directory', 'directory', 'directory']);
    assert.deepEqual(bed.standingPoints(), lasting);
    // The same word again changes nothing.
    await bed.sayUp({ points: early, counter: 1001n });
    await bed.clock.pass(60_000);
    assert.deepEqual(bed.standingPoints(), lasting);
  });

  it('are those of the helper where directories have none', async () => {
    await using bed = await openAfterChange();
    bed.start();
    await bed.sayUp({ points: early });
    await bed.clock.pass(60_000);
    assert.deepEqual(bed.standingPoints(), early);
  });

  it('are forgotten with the process that had them', async () => {
    await using bed = await openAfterChange();
    publish(bed);
    bed.start();
    await bed.sayUp({ points: early });
    await bed.clock.pass(60_000);
    for (const worker of bed.workers) worker.say({ kind: 'down', why: 'its tor has ended' }, bed.clock.now());
    await bed.clock.pass(60_000);
    await bed.sayUp({ points: early, counter: 1002n });
    await bed.clock.pass(20 * 60_000);
    assert.deepEqual(bed.standingPoints(), early, 'what directories hold is of the process that ended');
    publish(bed, 1003n);
    await bed.clock.pass(20 * 60_000);
    assert.deepEqual(bed.standingPoints(), lasting);
  });
});
