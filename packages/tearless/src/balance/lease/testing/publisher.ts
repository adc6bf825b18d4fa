// A balancer that publishes nothing but lines: it follows leadership of one frontend on a store, and while it leads it takes
// the next revision counter and says so. Run as a process of its own by two-processes.test.ts.
// Words: NAME PLACE; `elsewhere` as third makes it a process of another machine.
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../base/clock.ts';
import { noteBalanceCounter, readBalanceCounter } from '../../../store/balance.ts';
import { elapsedClock } from '../../../store/elapsed-clock.ts';
import { readOwnHolder } from '../../../store/holder.ts';
import { parseStorePlace } from '../../../store/place.ts';
import { openStore } from '../../../store/store.ts';
import { createLeadership } from '../leadership.ts';
import { createStoreLeadership, leaseRoom } from '../lease-room.ts';

const [name = '', place = '', where = ''] = process.argv.slice(2);
const store = await openStore(parseStorePlace(place, '/'));
const frontend = ['x.onion'];
const leadership =
  where === 'elsewhere'
    ? createLeadership({
        room: leaseRoom(store, frontend),
        owner: { id: randomUUID(), process: { ...readOwnHolder(), machineKey: name, machine: name } },
        isGone: () => false,
        nowMs: systemClock.now,
      })
    : createStoreLeadership(store, frontend, { nowMs: systemClock.now });

leadership.offer(true);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const say = (line: object): void => void process.stdout.write(`${JSON.stringify({ name, ...line })}\n`);
const followed = leadership.follow((state) => say({ state: state.kind }), stop.signal);
while (!stop.signal.aborted) {
  if (leadership.leads())
    try {
      const counter = ((await readBalanceCounter(store, 'x')) ?? 0n) + 1n;
      await noteBalanceCounter(store, 'x', counter, systemClock.now());
      // Writing it down took its time: it may have been stopped meanwhile.
      if (leadership.leads()) say({ counter: Number(counter), atMs: elapsedClock.now() });
    } catch (error) {
      say({ trouble: error instanceof Error && 'code' in error ? error.code : String(error) });
    }
  await systemClock.sleep(20, stop.signal).catch(() => {}); // the loop looks at the signal
}
await followed;
await store.close();
