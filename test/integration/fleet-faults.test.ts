// What goes wrong with a change of a fleet, made to go wrong on real hosts (tor, systemd, sshd) under the real command line:
// bad input, stale plans, two at once, faults of hosts and of tor, interrupts and kills. Each ends in the planned or the
// former state, and a reader of its own says so. One lab for all of it: its parts stand in fleet-faults/.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cutHost, healHost } from '@tearless/lab/hosts/faults.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { describeBadInput } from './fleet-faults/bad-input.ts';
import { describeClosedWays } from './fleet-faults/closed-ways.ts';
import { describeHostFails } from './fleet-faults/host-fails.ts';
import { describeKilled } from './fleet-faults/killed.ts';
import { type FaultStage, faster, fasterBytes, resumeLast, undoLast } from './fleet-faults/stage.ts';
import { describeTorFails } from './fleet-faults/tor-fails.ts';
import { FaultFleet, type SeenFleet } from './support/fault-fleet.ts';
import type { Operator } from './support/operator.ts';

const skip = hostsUnavailableReason() ?? false;

describe('a change of a fleet on real hosts', { skip, timeout: 45 * 60_000 }, () => {
  let fleet: FaultFleet;
  let h1: LabHost;
  let h2: LabHost;
  let former: SeenFleet;
  /** All relays with `faster`. */
  let fast: SeenFleet;

  before(async () => {
    fleet = await FaultFleet.bringUp(`faults-${process.pid}`);
    h1 = fleet.host('h1');
    h2 = fleet.host('h2');
    former = await fleet.see();
  });
  after(() => fleet?.down());
  const stage: FaultStage = {
    get fleet() {
      return fleet;
    },
    get h1() {
      return h1;
    },
    get h2() {
      return h2;
    },
    get former() {
      return former;
    },
    get fast() {
      return fast;
    },
  };

  describeBadInput(stage);

  test('a setting rolls in batches over running processes, a second time there is nothing to do, and it goes back', async () => {
    await using operator = fleet.operator(faster);
    await operator.run(0, 'plan', '--serial', '1,50%', '--out', 'whole.plan');
    const limited = await operator.run(0, 'apply', '--yes', '--limit', 'h1/alpha');
    assert.equal(limited.result.items.length, 1);
    const partly = await fleet.see();
    assert.equal(partly.h1?.relays.alpha?.bandwidthRate, fasterBytes);
    assert.deepEqual([partly.h1?.relays.bravo, partly.h2], [former.h1?.relays.bravo, former.h2]);

    const { error } = (await operator.run(5, 'apply', 'whole.plan', '--yes')).result;
    assert.equal(error.code, 'change-plan-stale');
    assert.match(error.message, /h1\/alpha needs nothing any more/);
    await fleet.assertUntouched(partly);
    await operator.run(0, ...undoLast);

    // What it was made for stands again, so it is not stale any more.
    const whole = await operator.run(0, 'apply', 'whole.plan', '--yes');
    const started = whole.events.filter(({ kind }) => kind === 'batch.started');
    assert.deepEqual(
      started.map(({ items }) => (items as string[]).length),
      [1, 2, 1],
    );
    fast = await fleet.see();
    for (const [name, { relays }] of Object.entries(fast))
      for (const [relay, seen] of Object.entries(relays)) {
        assert.equal(seen.bandwidthRate, fasterBytes, relay);
        assert.equal(seen.mainPid, former[name]?.relays[relay]?.mainPid, `${relay} keeps its process`);
      }
    const { runs } = (await operator.run(0, 'run', 'ls')).result;
    const second = await operator.run(0, 'apply', '--yes');
    assert.deepEqual([second.result.run, second.events], [null, []]);
    await fleet.assertUntouched(fast);
    assert.deepEqual((await operator.run(0, 'run', 'ls')).result.runs, runs);
    await operator.run(0, ...undoLast);
    await fleet.assertUntouched(former);
  });

  test('of two at once the second says who holds the lock, on this machine and on another', async () => {
    await using operator = fleet.operator(faster);
    await using colleague = fleet.operator(faster);
    await using stranger = fleet.operator(faster, true);
    const running = operator.start('apply', '--yes', '--serial', '1');
    const { by, run } = await running.at({ kind: 'run.started' });
    const { pid, machine } = by as { pid: number; machine: string };
    const refuse = async (who: Operator, what: string): Promise<void> => {
      const { error } = (await who.run(6, 'apply', '--yes')).result;
      assert.equal(error.code, 'change-locked');
      assert.match(
        error.message,
        new RegExp(`^${what} .* is locked by run ${run} .*@${machine} \\(process ${pid}\\) since`),
      );
    };
    // One step of one relay is going on: the journal is not being written just then.
    await running.holdAt({ kind: 'step.started' }, async () => {
      await refuse(operator, 'fleet');
      await Promise.all([refuse(colleague, 'host'), refuse(stranger, 'host')]);
    });
    assert.equal((await running.ended).exitCode, 0);
    await fleet.assertAs(fast);
    // Another operator learns of it from the hosts, takes it back, and the one who made it can go on.
    const { onHosts } = (await stranger.run(0, 'run', 'ls', '--hosts')).result;
    assert.deepEqual(onHosts[0], { run, hosts: ['h1', 'h2'] });
    await stranger.run(0, 'run', 'undo', String(run), '--from-hosts', '--yes');
    await fleet.assertUntouched(former);
    await operator.run(0, 'apply', '--yes', '--limit', 'h1/alpha');
    await operator.run(0, ...undoLast);
    await fleet.assertUntouched(former);
  });

  test('a host that goes down is given up at the second interrupt, and the run resumed when it is back', async () => {
    await using operator = fleet.operator(faster);
    await using stranger = fleet.operator(faster, true);
    const running = operator.start('apply', '--yes');
    await running.holdAt({ kind: 'step.started', item: 'h2/charlie', step: 'reload' }, () => cutHost(h2));
    try {
      running.kill('SIGINT');
      await running.said(/stopping after the current step/, 'SIGINT');
      const { exitCode, result } = await running.ended;
      assert.deepEqual([exitCode, result.outcome], [130, 'interrupted']);
      const listed = (await stranger.run(4, 'run', 'ls', '--hosts')).result;
      assert.ok(listed.onHosts.some(({ run }) => run === result.run));
      assert.equal(listed.unreachable[0].host, 'h2');
    } finally {
      await healHost(h2);
    }
    assert.equal((await operator.run(0, ...resumeLast)).result.outcome, 'done');
    await fleet.assertAs(fast);
    await operator.run(0, ...undoLast);
    await fleet.assertUntouched(former);
  });

  // Each host has its own operators and its own faults, so they go side by side: most of the time is the network's.
  describe('by one restart or reload', { concurrency: 2 }, () => {
    describeKilled(stage);
    describe('of relays whose host or tor fails', { concurrency: 1 }, () => {
      describeHostFails(stage);
      describeTorFails(stage);
    });
  });

  describeClosedWays(stage);
});
