// Real tors on each of libevent's ways to wait: events are pending while they are updated, twice; what they were told in their torrc
// meanwhile is read at the next SIGHUP and not before.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { LoneTor } from './live/lone-tor.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

/** The system calls that each waits in: epoll_wait and its like, poll and ppoll, select and pselect6. */
const backends = {
  epoll: { environment: {}, calls: [232, 281, 441] },
  poll: { environment: { EVENT_NOEPOLL: '1' }, calls: [7, 271] },
  select: { environment: { EVENT_NOEPOLL: '1', EVENT_NOPOLL: '1' }, calls: [23, 270] },
} as const;
const questions = 200;

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
      const streak = await Streak.begin({ door: means.door, pid: lone.pid, build: first, ...patience });
      lone.appendTorrc('Nickname afterwards');
      for (const [index, build] of rest.entries()) {
        // Asked before the update, answered after it began or ended, in their order.
        const pending = Promise.all(Array.from({ length: questions }, () => lone.control.getInfo('process/pid')));
        pending.catch(() => {}); // told below, unless the update failed
        await streak.forward(build, undefined);
        assert.deepEqual(new Set(await pending), new Set([String(lone.pid)]));
        assert.match(await lone.control.getInfo('version'), new RegExp(`${suffixOf(index + 1)}$`));
        assert.deepEqual(await lone.control.getConf('Nickname'), ['before']);
      }
      await lone.control.signal('RELOAD');
      assert.deepEqual(await lone.control.getConf('Nickname'), ['afterwards']);
      assert.match(await lone.control.getInfo('version'), new RegExp(`${suffixOf(2)}$`));
    });
  }
});
