// Across time periods and shared-random changes: whenever a client looks, there is a descriptor that leads to every worker.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Bed } from './testing/bed.ts';

const hourMs = 3_600_000;

it('for two days no client looks for a descriptor that is not there, and each round is due to something', async () => {
  await using bed = await Bed.open();
  bed.start();
  await bed.sayUp();
  await bed.clock.pass(60_000);
  const periods = new Set<number>();
  for (let hour = 1; hour <= 48; hour += 1) {
    const all = ['w1', 'w2', 'w3'];
    await bed.clock.pass(hourMs - (bed.clock.now() % hourMs));
    // Clients have the new consensus before the balancer has done anything.
    bed.tor.renew();
    assert.deepEqual(bed.standing(), all, `hour ${hour}, before`);
    for (const { slot } of bed.tor.view.periods) periods.add(slot.period.number);
    // Each worker's tor hands over its current descriptor when it has the consensus, with the points of that period.
    const { number } = bed.tor.view.periods[0].slot.period;
    const points = [`${1 + (number % 2) * 3}`, `${2 + (number % 2) * 3}`, `${3 + (number % 2) * 3}`];
    for (const worker of bed.workers) bed.sayDescriptor(worker, { counter: 1000n + BigInt(hour), points });
    await bed.clock.pass(60_000);
    assert.deepEqual(bed.standing(), all, `hour ${hour}, after`);
  }
  assert.ok(periods.size >= 4);
  const rounds = bed.events.filter((event) => event.kind === 'round.published');
  // Two each hour or two, two for each change of period, and what helpers' other points ask for.
  assert.ok(rounds.length >= 2 * 24 && rounds.length <= 2 * 48 + 8, `${rounds.length} rounds`);
  assert.ok(rounds.every(({ failed }) => failed === 0));
  assert.deepEqual(
    bed.tor.posts.filter(({ isTaken }) => !isTaken),
    [],
    'no counter was refused',
  );
});
