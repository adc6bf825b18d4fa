// What goes wrong with a change of a fleet, made to go wrong on real hosts (tor, systemd, sshd) under the real command line:
// bad input, stale plans, two at once, faults of hosts and of tor, interrupts and kills. Each ends in the planned or the
// former state, and a reader of its own says so.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import {
  changeHostKey,
  cutHost,
  healHost,
  killHost,
  killSsh,
  removeLibrary,
  restoreLibrary,
} from '@tearless/lab/hosts/faults.ts';
import { startHost } from '@tearless/lab/hosts/host-process.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { FaultFleet, type SeenFleet, sh } from './support/fault-fleet.ts';
import type { Operator, Pattern } from './support/operator.ts';

const skip = hostsUnavailableReason() ?? false;

/** Taken up by a reload: circuits stay. */
const faster = { settings: [{ select: '*', torrc: { BandwidthRate: '20 MBytes' } }] };
const fasterBytes = String(20 * 1024 * 1024);

/** Takes a restart. */
const mimalloc = { settings: [{ select: '*', allocator: 'mimalloc' }] };
const library = '/usr/lib/x86_64-linux-gnu/libmimalloc.so.2';

/** Long forms wait until a host is given up. */
const soak = process.env.TEARLESS_SOAK === '1';

const undoLast = ['run', 'undo', 'last', '--yes'];
const resumeLast = ['run', 'resume', 'last'];

describe('a change of a fleet on real hosts', { skip, timeout: 900_000 }, () => {
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

  describe('bad input', () => {
    const wrong = [
      {
        what: 'an unknown key',
        wishes: { ...faster, restart: { soka: '1s' } },
        code: 'config-unknown-key',
        says: /:\d+:\d+: .*soak/,
      },
      {
        what: 'a value of the wrong type',
        wishes: { ...faster, restart: { maxFail: 'some' } },
        code: 'config-wrong-type',
        says: /:\d+:\d+: .*maxFail/,
      },
      {
        what: 'a relay that stands there twice',
        wishes: { ...faster, instead: { relays: ['h1/alpha', 'h1/bravo', 'h1/alpha'] } },
        code: 'config-duplicate-relay',
        says: /:\d+:\d+: .*h1\/alpha/,
      },
      {
        what: 'a selector that matches nothing',
        wishes: { settings: [{ select: 'h1/alfa', torrc: { BandwidthRate: '20 MBytes' } }] },
        code: 'config-selects-nothing',
        says: /:\d+:\d+: .*h1\/alpha/,
      },
      {
        what: 'shares that do not add up',
        wishes: { settings: [{ select: '*', allocator: { mimalloc: '90%', jemalloc: '5%' } }] },
        code: 'config-shares',
        says: /:\d+:\d+: .*95 %/,
      },
      {
        what: 'an option that tor does not know',
        wishes: { settings: [{ select: '*', torrc: { BandwithRate: '20 MBytes' } }] },
        code: 'config-unknown-option',
        says: /:\d+:\d+: .*BandwidthRate/,
      },
      {
        what: 'a value that tor would not take',
        wishes: { settings: [{ select: '*', torrc: { BandwidthRate: '1 bananas' } }] },
        code: 'config-option-value',
        says: /:\d+:\d+: .*a size tor understands/,
      },
    ];
    for (const { what, wishes, code, says } of wrong) {
      test(`${what} is refused, with what was meant`, async () => {
        await using operator = fleet.operator(wishes);
        const { error } = (await operator.run(64, 'apply', '--yes')).result;
        assert.equal(error.code, code);
        assert.match(`${error.message} ${error.hint}`, says);
        assert.deepEqual((await operator.run(0, 'run', 'ls')).result.runs, []);
      });
    }

    test('words that the command does not know are refused', async () => {
      await using operator = fleet.operator(faster);
      const wrongWords = [
        ['--limit', 'h1/alfa'],
        ['--serial', '1,x'],
        ['--seriel', '1'],
      ];
      for (const words of wrongWords) await operator.run(64, 'apply', '--yes', ...words);
      assert.deepEqual((await operator.run(0, 'run', 'ls')).result.runs, []);
    });

    test('none of it touched anything', () => fleet.assertUntouched(former));
  });

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
      assert.ok(listed.onHosts.some((found: { run: string }) => found.run === result.run));
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
    describe('of relays that load another allocator', { concurrency: 1 }, () => {
      const wishes = { ...mimalloc, hosts: ['h1'] };
      const load = ['apply', '--yes', '--limit', 'h1/alpha'];
      let here: SeenFleet;
      before(async () => {
        here = await fleet.see('h1');
      });

      const kill = (operator: Operator, pattern: Pattern, words: readonly string[]): Promise<void> =>
        fleet.killAt(operator.start(...words), pattern, 'h1');

      test('killed before its first effect, its locks say what to do, and it is undone', async () => {
        await using operator = fleet.operator(wishes);
        await kill(operator, { kind: 'step.intended' }, load);
        const { error } = (await operator.run(6, ...load)).result;
        assert.match(error.hint, /tearless run resume \S+.*tearless run undo/);
        await operator.run(0, ...undoLast);
        await fleet.assertUntouched(here);
      });

      test('killed after it wrote the drop-in, it is undone from another machine with what the hosts know', async () => {
        await using operator = fleet.operator(wishes);
        await using stranger = fleet.operator(wishes, true);
        await kill(operator, { kind: 'step.done', step: 'drop-in' }, load);
        const [{ run }] = (await stranger.run(0, 'run', 'ls', '--hosts')).result.onHosts;
        const undo = ['run', 'undo', run, '--from-hosts', '--yes'];
        const { error } = (await stranger.run(6, ...undo)).result;
        assert.match(error.hint, /--take-over/);
        assert.equal((await stranger.run(0, ...undo, '--take-over')).result.outcome, 'undone');
        await fleet.assertUntouched(here);
      });

      test('killed after the restart, it is resumed, a second time there is nothing to do, and it goes back', async () => {
        await using operator = fleet.operator(wishes);
        await kill(operator, { kind: 'step.done', step: 'restart' }, load);
        assert.equal((await operator.run(0, ...resumeLast)).result.outcome, 'done');
        const loaded = await fleet.see('h1');
        assert.equal(loaded.h1?.relays.alpha?.allocator, 'mimalloc');
        assert.deepEqual(loaded.h1?.relays.bravo, here.h1?.relays.bravo);
        assert.equal((await operator.run(0, ...load)).result.run, null);
        await fleet.assertUntouched(loaded);
        await operator.run(0, ...undoLast);
        await fleet.assertAs(here);
      });

      test('killed at its gates, and killed while it is undone, it goes on going back', async () => {
        await using operator = fleet.operator(wishes);
        await kill(operator, { kind: 'gate.waiting' }, load);
        await kill(operator, { kind: 'undo.step-done', step: 'drop-in' }, undoLast);
        assert.equal((await operator.run(0, ...resumeLast)).result.outcome, 'undone');
        await fleet.assertAs(here);
      });
    });

    describe('of relays whose host or tor fails', { concurrency: 1 }, () => {
      const wishes = { ...faster, hosts: ['h2'] };
      let here: SeenFleet;
      let there: SeenFleet;
      before(async () => {
        here = await fleet.see('h2');
        there = { h2: fast.h2 ?? assert.fail('the setting was never seen in effect') };
      });

      test('the first interrupt stops after the current step and names the command that resumes', async () => {
        await using operator = fleet.operator(wishes);
        const running = operator.startPlain('apply', '--yes', '--serial', '1');
        await running.said(/h2\/charlie: change torrc/, 'SIGINT');
        const { exitCode, stdout, stderr } = await running.ended;
        assert.equal(exitCode, 130, stderr);
        assert.match(stderr, /stopping after the current step; interrupt again to abort/);
        assert.deepEqual((await fleet.see('h2')).h2?.relays.delta, here.h2?.relays.delta);
        const [, words = ''] = /go on with 'tearless (run resume \S+)'/.exec(stdout) ?? [];
        assert.notEqual(words, '', stdout);
        await operator.run(0, ...words.split(' '));
        await fleet.assertAs(there);
        await operator.run(0, ...undoLast);
        await fleet.assertUntouched(here);
      });

      test('a connection that is cut in the middle of a step is made again', async () => {
        await using operator = fleet.operator(wishes);
        const running = operator.start('apply', '--yes');
        await running.holdAt({ kind: 'step.started', item: 'h2/charlie', step: 'reload' }, () => killSsh(h2));
        const { exitCode, events } = await running.ended;
        assert.equal(exitCode, 0);
        assert.ok(events.some(({ kind, host }) => kind === 'host.unreachable' && host === 'h2'));
        await fleet.assertAs(there);
        await operator.run(0, ...undoLast);
        await fleet.assertUntouched(here);
      });

      test('a full disk stops a change before its first effect', async () => {
        await using operator = fleet.operator(wishes);
        const running = operator.start('apply', '--yes');
        await running.at({ kind: 'run.started' }, 'SIGSTOP');
        await fleet.whileFull('h2', async () => {
          running.kill('SIGCONT');
          const { exitCode, result } = await running.ended;
          assert.deepEqual([exitCode, result.outcome], [3, 'failed-undone']);
          const { failure } = result.items[0];
          assert.equal(failure.code, 'host-disk-full');
          assert.match(failure.hint, /free space/);
          await fleet.assertUntouched(here);
        });
      });

      test('a disk that becomes full between two steps leaves a run that goes back once there is room', async () => {
        await using operator = fleet.operator(wishes);
        const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
        await running.at({ kind: 'step.started', step: 'reload' }, 'SIGSTOP');
        await fleet.whileFull('h2', async () => {
          running.kill('SIGCONT');
          const { exitCode, result } = await running.ended;
          assert.deepEqual([exitCode, result.outcome], [3, 'failed']);
        });
        assert.equal((await operator.run(3, ...resumeLast)).result.outcome, 'failed-undone');
        await fleet.assertUntouched(here);
      });

      test('what a killed process had under way comes too late once another has taken the lock', async () => {
        const path = '/etc/systemd/system/tearless-late.timer';
        const writer = fleet.startLateWriter('h2', path, '# early\n', '# late\n');
        await writer.written();
        // Those of commands that ended go when their connection has.
        const shell = await waitFor(
          async () => {
            const pids = await sh(h2, "pgrep -f '^/bin/sh /usr/local/lib/tearless/helper' || :");
            return /^\d+$/.test(pids) ? pids : undefined;
          },
          { what: 'the writer’s helper to be the only one', timeoutMs: 120_000 },
        );
        // As a broken connection does: the request waits on the host's side of it.
        await sh(h2, 'kill -STOP "$1"', shell);
        await writer.ask();
        await waitFor(async () => (await fleet.unreadBytes(h2, shell)) > 0, {
          what: 'the request to lie there',
          timeoutMs: 120_000,
        });
        await writer.kill();
        await using operator = fleet.operator(wishes);
        await operator.run(0, 'apply', '--yes', '--limit', 'h2/charlie');
        await operator.run(0, ...undoLast);
        // sudo sees its child stop and stops itself, once for each time: it is woken as often as it takes.
        const wake = 'pkill -CONT -x sudo || :; kill -CONT "$1" 2>/dev/null || exit 0; echo "$1"';
        await waitFor(async () => (await sh(h2, wake, shell)) === '', {
          what: 'the shell from before to end',
          timeoutMs: 120_000,
        });
        assert.equal(await sh(h2, 'cat "$1"; rm "$1"', path), '# early');
        await fleet.assertUntouched(here);
      });

      test('a host that goes down and comes back is waited for', async () => {
        await using operator = fleet.operator(wishes);
        const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
        await running.holdAt({ kind: 'step.started', step: 'reload' }, () => cutHost(h2));
        await running.at({ kind: 'host.unreachable', host: 'h2' }).finally(() => healHost(h2));
        assert.equal((await running.ended).exitCode, 0);
        await operator.run(0, ...undoLast);
        await fleet.assertUntouched(here);
      });

      test('a tor that does not survive its reload comes back with its former torrc', async () => {
        // An address that the host does not have: tor finds out only when it listens.
        const dirPort = { settings: [{ select: '*', torrc: { DirPort: '192.0.2.1:9030' } }], hosts: ['h2'] };
        await using operator = fleet.operator(dirPort);
        const { result } = await operator.run(3, 'apply', '--yes', '--limit', 'h2/charlie');
        assert.equal(result.outcome, 'failed-undone');
        await fleet.assertAs(here);
        const mainPid = (await fleet.see('h2')).h2?.relays.charlie?.mainPid;
        assert.notEqual(mainPid, here.h2?.relays.charlie?.mainPid, 'it did survive');
        here = await fleet.see('h2');
      });

      if (soak) {
        test('a host that stays away leaves a run that goes back when it is there again', async () => {
          await using operator = fleet.operator(wishes);
          const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
          await running.holdAt({ kind: 'step.started', step: 'reload' }, () => cutHost(h2));
          const { exitCode, result } = await running.ended.finally(() => healHost(h2));
          assert.deepEqual([exitCode, result.outcome], [4, 'failed']);
          assert.equal(result.items[0].failure.kind, 'unreachable');
          assert.equal((await operator.run(0, ...undoLast)).result.outcome, 'undone');
          await fleet.assertUntouched(here);
        });

        test('a host that loses its power before the restart comes back as planned', async () => {
          await using operator = fleet.operator({ ...mimalloc, hosts: ['h2'] });
          const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
          await running.holdAt({ kind: 'step.started', step: 'restart' }, async () => {
            await killHost(h2);
            await startHost(h2);
          });
          assert.equal((await running.ended).exitCode, 0);
          assert.equal((await fleet.see('h2')).h2?.relays.charlie?.allocator, 'mimalloc');
          await operator.run(0, ...undoLast);
          await fleet.assertAs(here);
          here = await fleet.see('h2');
        });
      }

      test('a library that vanishes before the restart fails its gate, and the batch goes back', async () => {
        await using operator = fleet.operator({ ...mimalloc, hosts: ['h2'] });
        const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
        await running.holdAt({ kind: 'step.started', step: 'restart' }, () => removeLibrary(h2, library));
        const { exitCode, result, events } = await running.ended.finally(() => restoreLibrary(h2, library));
        assert.deepEqual([exitCode, result.outcome], [5, 'failed-undone']);
        assert.ok(events.some(({ kind, gate }) => kind === 'gate.failed' && gate === 'allocator-loaded'));
        await operator.run(0, ...undoLast);
        await fleet.assertAs(here);
      });

      test('a tor that does not come back is neither as planned nor as before until it can start', async () => {
        await using operator = fleet.operator({ ...mimalloc, hosts: ['h2'] });
        const running = operator.start('apply', '--yes', '--limit', 'h2/charlie');
        const sabotage = '/run/systemd/system/tor@charlie.service.d';
        const lines = '[Service]\\nExecStart=\\nExecStart=false\\n';
        const put = `mkdir -p "$1"; printf "${lines}" >"$1/90.conf"; systemctl daemon-reload`;
        await running.holdAt({ kind: 'step.started', step: 'restart' }, () => sh(h2, put, sabotage));
        const { exitCode, result } = await running.ended.finally(() =>
          sh(h2, 'rm -r "$1"; systemctl daemon-reload', sabotage),
        );
        assert.deepEqual([exitCode, result.outcome], [3, 'failed']);
        assert.equal((await operator.run(0, ...undoLast)).result.outcome, 'undone');
        await fleet.assertAs(here);
      });
    });
  });

  describe('the way to a host that is closed', () => {
    let now: SeenFleet;
    before(async () => {
      now = await fleet.see();
    });
    /** What a person reads. */
    const ask = async (): Promise<string> => {
      await using operator = fleet.operator(faster);
      const { error } = (await operator.run(4, 'apply', '--yes')).result;
      return [error.message, ...error.causes, error.hint].join('\n');
    };

    test('a key that the host refuses', async () => {
      const keys = '/home/operator/.ssh/authorized_keys';
      await sh(h1, 'mv "$1" "$1.away"', keys);
      const said = await ask().finally(() => sh(h1, 'mv "$1.away" "$1"', keys));
      assert.match(said, /the host refuses our key.*Permission denied[\s\S]*authorized_keys on the host/);
    });

    test('a helper of another version', async () => {
      const helper = '/usr/local/lib/tearless/helper';
      const age = 'cp -a "$1" "$1.away"; sed -i "s/^helper_version=.*/helper_version=0123456789abcdef/" "$1"';
      await sh(h1, age, helper);
      const said = await ask().finally(() => sh(h1, 'mv "$1.away" "$1"', helper));
      assert.match(said, /version[\s\S]*tearless host add/);
    });

    test('a host key that is another than before', async () => {
      await sh(h2, 'cp -a /etc/ssh /root/ssh');
      await changeHostKey(h2);
      const back = 'cp -a /root/ssh/ssh_host_* /etc/ssh/; rm -r /root/ssh; systemctl restart ssh';
      const said = await ask().finally(() => sh(h2, back));
      assert.match(said, /the host shows another key than the one known for it[\s\S]*compare fingerprints/);
    });

    test('nothing was touched', () => fleet.assertUntouched(now));
  });
});
