// A balancer whose PostgreSQL server goes away under it: it leads on until its lease ends, and takes up its work when the
// server is back. The lease is longer than an operator's, so that a busy machine comes to publish within it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import { createLeadership, leadershipTimes } from '../../packages/tearless/src/balance/lease/leadership.ts';
import { leaseRoom } from '../../packages/tearless/src/balance/lease/lease-room.ts';
import type { BalanceEvent } from '../../packages/tearless/src/balance/run/event.ts';
import { readOwnHolder } from '../../packages/tearless/src/store/holder.ts';
import { openStore } from '../../packages/tearless/src/store/store.ts';
import { startPostgres } from '../../packages/tearless/src/store/testing/postgres.ts';
import { declareFrontend, runInProcess } from './balance/in-process.ts';
import { helperOf } from './balance/node-helper.ts';
import { startOnionLab } from './balance/onion-lab.ts';
import { leadTo, untilHeld } from './balance/standing.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const soak = process.env.TEARLESS_SOAK === '1';
/** A round of a machine that does much else is to come within it. */
const leaseMs = 120_000;
const skip = hasTor ? (soak ? false : 'three minutes: `npm run test:soak` runs it') : 'tor is not installed';

suite('a balancer whose database goes away', { skip }, () => {
  test('publishes the loss of a worker until its lease ends, then nothing, and all again when it is back', async () => {
    await using closing = new AsyncDisposableStack();
    const postgres = await startPostgres();
    closing.defer(() => postgres.stop());
    const store = await openStore(postgres.makeDatabase());
    closing.defer(() => store.close());
    const lab = await startOnionLab(`store${process.pid}`, { workers: 3, hosts: 3, visitors: 0 });
    closing.defer(() => lab.stop());
    const leadership = createLeadership({
      room: leaseRoom(store, [lab.frontend.address]),
      owner: { id: randomUUID(), process: readOwnHolder() },
      isGone: () => false,
      nowMs: Date.now,
      times: { ...leadershipTimes, leaseMs },
    });
    const workers = lab.workers.map((worker) => ({
      id: worker.name,
      onionAddress: worker.address,
      weight: 1,
      port: 80,
      helper: helperOf(worker),
    }));
    const options = { frontends: [declareFrontend(lab, workers)], store, leadership };
    const balancer = await runInProcess(lab, ':memory:', options);
    closing.defer(() => balancer.stop());
    const { events } = balancer.watch;
    const isState = (event: BalanceEvent, state: string): boolean =>
      event.kind === 'balancer.state-changed' && event.state === state;
    const [first, second, third] = lab.workers;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const names = lab.workers.map(({ name }) => name);
    const isOut = (worker: string) => (event: BalanceEvent) =>
      event.kind === 'worker.changed' && event.worker === worker && event.state === 'out';
    await untilHeld(balancer.watch, balancer.readRounds, leadTo(names));
    const warned = balancer.watch.next(
      (event) => event.kind === 'balancer.state-changed' && event.why?.includes('nothing is published after') === true,
    );
    await postgres.halt();
    await warned;
    // What is published now is written down by nobody: its event tells of it.
    const ended = balancer.watch.next((event) => isState(event, 'lease-lost') || isState(event, 'store-lost'));
    const gone = balancer.watch.next(isOut(first.name));
    await first.tor.stop({ signal: 'SIGKILL' });
    const lost = await gone;
    const round = await balancer.watch.until(
      (event) =>
        event.kind === 'round.published' &&
        event.isFetched &&
        event.points <= 6 &&
        events.indexOf(event) > events.indexOf(lost),
    );
    const end = await ended;
    assert.ok(events.indexOf(round) < events.indexOf(end));
    const goneToo = balancer.watch.next(isOut(second.name));
    await second.tor.stop({ signal: 'SIGKILL' });
    await goneToo;
    const from = events.length;
    await postgres.start();
    await untilHeld(balancer.watch, balancer.readRounds, leadTo([third.name]));
    const published = events.findIndex(({ kind }, index) => index >= from && kind === 'round.published');
    const running = events.findIndex((event, index) => index >= from && isState(event, 'running'));
    assert.ok(running >= 0 && running < published, 'published without a lease');
  });
});
