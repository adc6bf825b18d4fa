// Interrupts, and what a host does to a change in the middle of a step: its connection, its disk, itself goes away. And what comes
// late from a process that is gone.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { cutHost, healHost, killSsh } from '@tearless/lab/hosts/faults.ts';
import { type SeenFleet, sh } from '../support/fault-fleet.ts';
import { whileFull } from '../support/while-full.ts';
import { type FaultStage, faster, resumeLast, soak, undoLast } from './stage.ts';

export const describeHostFails = (stage: FaultStage): void => {
  describe('of relays whose host fails', { concurrency: 1 }, () => {
    const wishes = { ...faster, hosts: ['h2'] };
    let here: SeenFleet;
    let there: SeenFleet;
    before(async () => {
      here = await stage.fleet.see('h2');
      there = { h2: stage.fast.h2 ?? assert.fail('the setting was never seen in effect') };
    });

    test('the first interrupt stops after the current step and names the command that resumes', async () => {
      await using operator = stage.fleet.operator(wishes);
      const running = operator.startPlain('apply', '--yes', '--serial', '1');
      await running.said(/h2\/charlie: change torrc/, 'SIGINT');
      const { exitCode, stdout, stderr } = await running.ended;
      assert.equal(exitCode, 130, stderr);
      assert.match(stderr, /stopping after the current step; interrupt again to abort/);
      assert.deepEqual((await stage.fleet.see('h2')).h2?.relays.delta, here.h2?.relays.delta);
      const [, words = ''] = /go on with 'tearless (run resume \S+)'/.exec(stdout) ?? [];
      assert.notEqual(words, '', stdout);
      await operator.run(0, ...words.split(' '));
      await stage.fleet.assertAs(there);
      await operator.run(0, ...undoLast);
      await stage.fleet.assertUntouched(here);
    });

    test('a reader that goes away stops the run after the current step, and it can be resumed', async () => {
      await using operator = stage.fleet.operator(wishes);
      const running = operator.start('apply', '--yes', '--serial', '1');
      await running.holdAt({ kind: 'step.started', item: 'h2/charlie', step: 'reload' }, async () =>
        running.closeOutput(),
      );
      const { exitCode, stderr } = await running.ended;
      assert.equal(exitCode, 130, stderr);
      assert.deepEqual((await stage.fleet.see('h2')).h2?.relays.delta, here.h2?.relays.delta);
      assert.equal((await operator.run(0, ...resumeLast)).result.outcome, 'done');
      await stage.fleet.assertAs(there);
      await operator.run(0, ...undoLast);
      await stage.fleet.assertUntouched(here);
    });

    test('a connection that is cut in the middle of a step is made again', async () => {
      await using operator = stage.fleet.operator(wishes);
      const running = operator.start('apply', '--yes');
      await running.holdAt({ kind: 'step.started', item: 'h2/charlie', step: 'reload' }, () => killSsh(stage.h2));
      const { exitCode, events } = await running.ended;
      assert.equal(exitCode, 0);
      assert.ok(events.some(({ kind, host }) => kind === 'host.unreachable' && host === 'h2'));
      await stage.fleet.assertAs(there);
      await operator.run(0, ...undoLast);
      await stage.fleet.assertUntouched(here);
    });

    test('a full disk stops a change before its first effect', async () => {
      await using operator = stage.fleet.operator(wishes);
      const running = operator.start('apply', '--yes');
      await running.at({ kind: 'run.started' }, 'SIGSTOP');
      await whileFull(stage.h2, async () => {
        running.kill('SIGCONT');
        const { exitCode, result } = await running.ended;
        assert.deepEqual([exitCode, result.outcome], [3, 'failed-undone']);
        const { failure } = result.items[0];
        assert.equal(failure.code, 'host-disk-full');
        assert.match(failure.hint, /free space/);
        await stage.fleet.assertUntouched(here);
      });
    });

    test('a disk that becomes full between two steps leaves a run that goes back once there is room', async () => {
      await using operator = stage.fleet.operator(wishes);
      const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
      await running.at({ kind: 'step.started', step: 'reload' }, 'SIGSTOP');
      await whileFull(stage.h2, async () => {
        running.kill('SIGCONT');
        const { exitCode, result } = await running.ended;
        assert.deepEqual([exitCode, result.outcome], [3, 'failed']);
      });
      assert.equal((await operator.run(3, ...resumeLast)).result.outcome, 'failed-undone');
      await stage.fleet.assertUntouched(here);
    });

    test('what a killed process had under way comes too late once another has taken the lock', async () => {
      const path = '/etc/systemd/system/tearless-late.timer';
      await using writer = stage.fleet.startLateWriter('h2', path, '# early\n', '# late\n');
      await writer.written();
      // Those of commands that ended go when their connection has.
      const shell = await waitFor(
        async () => {
          const pids = await sh(stage.h2, "pgrep -f '^/bin/sh /usr/local/lib/tearless/helper' || :");
          return /^\d+$/.test(pids) ? pids : undefined;
        },
        { what: 'the writer’s helper to be the only one', timeoutMs: 120_000 },
      );
      // As a broken connection does: the request waits on the host's side of it.
      await sh(stage.h2, 'kill -STOP "$1"', shell);
      await writer.ask();
      await waitFor(async () => (await stage.fleet.unreadBytes(stage.h2, shell)) > 0, {
        what: 'the request to lie there',
        timeoutMs: 120_000,
      });
      await writer.kill();
      await using operator = stage.fleet.operator(wishes);
      await operator.run(0, 'apply', '--yes', '--limit', 'h2/charlie');
      await operator.run(0, ...undoLast);
      // sudo sees its child stop and stops itself, once for each time: it is woken as often as it takes.
      const wake = 'pkill -CONT -x sudo || :; kill -CONT "$1" 2>/dev/null || exit 0; echo "$1"';
      await waitFor(async () => (await sh(stage.h2, wake, shell)) === '', {
        what: 'the shell from before to end',
        timeoutMs: 120_000,
      });
      assert.equal(await sh(stage.h2, 'cat "$1"; rm "$1"', path), '# early');
      await stage.fleet.assertUntouched(here);
    });

    test('a host that goes down and comes back is waited for', async () => {
      await using operator = stage.fleet.operator(wishes);
      const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
      await running.holdAt({ kind: 'step.started', step: 'reload' }, () => cutHost(stage.h2));
      await running.at({ kind: 'host.unreachable', host: 'h2' }).finally(() => healHost(stage.h2));
      assert.equal((await running.ended).exitCode, 0);
      await operator.run(0, ...undoLast);
      await stage.fleet.assertUntouched(here);
    });

    if (soak) {
      test('a host that stays away leaves a run that goes back when it is there again', async () => {
        await using operator = stage.fleet.operator(wishes);
        const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
        await running.holdAt({ kind: 'step.started', step: 'reload' }, () => cutHost(stage.h2));
        const { exitCode, result } = await running.ended.finally(() => healHost(stage.h2));
        assert.deepEqual([exitCode, result.outcome], [4, 'failed']);
        assert.equal(result.items[0].failure.kind, 'unreachable');
        assert.equal((await operator.run(0, ...undoLast)).result.outcome, 'undone');
        await stage.fleet.assertUntouched(here);
      });
    }
  });
};
