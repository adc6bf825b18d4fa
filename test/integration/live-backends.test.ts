// Real tors on each of libevent's ways to wait: events are pending at the stop while they are updated, twice; what they were told in
// their torrc meanwhile is read at the next SIGHUP and not before.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { Asker, commandBytes } from './live/asker.ts';
import { holdAtStop, listConnections } from './live/hold-at-stop.ts';
import { LoneTor } from './live/lone-tor.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

/** The system calls that each waits in: epoll_wait and its like, poll and ppoll, select and pselect6. */
const backends = {
  epoll: { environment: {}, calls: [232, 281, 441] },
  poll: { environment: { EVENT_NOEPOLL: '1' }, calls: [7, 271] },
  select: { environment: { EVENT_NOEPOLL: '1', EVENT_NOPOLL: '1' }, calls: [23, 270] },
} as const;
const connections = 3;
const questions = 200;
/** Asked while the process is held, on each connection. */
const atStop = 20;
/** It is held until all of these have come there, however busy the machine is. */
const patient = { ...patience, maxPauseUs: 120_000_000 };

suite('updates on all of libevent’s backends', { skip: noInjection() ?? false, timeout: 60 * 60_000 }, () => {
  let builds: LiveBuild[];
  let tor: string;
  let means: Means;

  before(async () => {
    const directories = await ensureBuilds(successorEdits.slice(0, 2));
    tor = `${directories[0]}/tor`;
    builds = directories.map(loadBuild);
    means = compileMeans();
  });
  after(() => means?.[Symbol.dispose]());

  for (const [method, { environment, calls }] of Object.entries(backends)) {
    test(method, async () => {
      await using lone = await LoneTor.start(tor, ['Nickname before'], environment);
      const isWaiting = () => calls.some((call) => call === lone.systemCall);
      await waitFor(isWaiting, { what: `a wait in ${method}`, timeoutMs: 60_000 });
      const [first, ...rest] = builds;
      assert.ok(first !== undefined && rest.length === 2);
      const others = listConnections(lone.pid, lone.socket);
      await using closing = new AsyncDisposableStack();
      const askers = await Promise.all(Array.from({ length: connections }, () => Asker.open(lone)));
      for (const asker of askers) closing.use(asker);
      const fds = listConnections(lone.pid, lone.socket).filter((fd) => !others.includes(fd));
      assert.equal(fds.length, connections);
      const bytes = atStop * commandBytes;
      const held = holdAtStop(means.door, {
        ...{ pid: lone.pid, fds, bytes },
        atStop: () => {
          for (const asker of askers) asker.ask(atStop);
        },
      });
      const streak = await Streak.begin({ door: held.door, pid: lone.pid, build: first, ...patient });
      lone.appendTorrc('Nickname afterwards');
      for (const [index, build] of rest.entries()) {
        for (const asker of askers) asker.ask(questions);
        await streak.forward(build, undefined);
        // Nothing more is asked: what waited at the stop has to be noticed by itself.
        const waiting = held.waiting.at(-1) ?? [];
        assert.ok(waiting.length === connections && waiting.every((one) => one >= bytes), `${waiting}`);
        for (const asker of askers) await asker.answered();
        assert.match(await lone.control.getInfo('version'), new RegExp(`${suffixOf(index + 1)}$`));
        assert.deepEqual(await lone.control.getConf('Nickname'), ['before']);
      }
      assert.equal(held.waiting.length, 2);
      for (const asker of askers) await asker.end();
      await lone.control.signal('RELOAD');
      assert.deepEqual(await lone.control.getConf('Nickname'), ['afterwards']);
      assert.match(await lone.control.getInfo('version'), new RegExp(`${suffixOf(2)}$`));
    });
  }
});
