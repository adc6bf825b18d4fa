// An experiment designed on real hosts and started through the change engine: left-overs keep a relay out, the start survives a
// kill, every relay restarts once, timers do what they say, and undoing it leaves nothing behind.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { listAssigned } from 'tearless/config/experiments.ts';
import { parseConfig } from 'tearless/config/parse.ts';
import type { ExperimentConfig } from 'tearless/config/schema.ts';
import { restartOrder } from 'tearless/experiments/design/assignment.ts';
import { readOwnHolder } from 'tearless/store/holder.ts';
import { releaseStoredLock, takeStoredLock } from 'tearless/store/locks.ts';
import { openStore } from 'tearless/store/store.ts';
import { FaultFleet, type SeenFleet, sh } from './support/fault-fleet.ts';
import type { Operator } from './support/operator.ts';

const skip = hostsUnavailableReason() ?? false;

/** Long enough that no timer fires during the test, short enough that the first relay's would within the hour. */
const arms = 'plain=glibc,tuned=jemalloc+BandwidthRate:20 MBytes+restart:6h';
const fasterBytes = String(20 * 1024 * 1024);

describe('an experiment on real hosts', { skip, timeout: 45 * 60_000 }, () => {
  let fleet: FaultFleet;
  let former: SeenFleet;
  let operator: Operator;

  before(async () => {
    fleet = await FaultFleet.bringUp(`experiment-${process.pid}`);
    former = await fleet.see();
    operator = fleet.operator({ settings: [], restart: { serial: [1, 3] } });
  });
  after(async () => {
    await operator?.[Symbol.asyncDispose]();
    await fleet?.down();
  });

  const text = () => readFileSync(operator.configPath, 'utf8');
  const experiment = (): ExperimentConfig => {
    const found = parseConfig(text(), operator.configPath).experiments?.mem;
    assert.ok(found !== undefined);
    return found;
  };
  const design = (exitCode: number, ...more: string[]) =>
    operator.run(exitCode, 'experiment', 'design', 'mem', '--arms', arms, '--control', 'plain', '--seed', '5', ...more);

  test('a relay with a setting of an earlier experiment is left out and named with its line', async () => {
    const torrc = '/etc/tor/instances/alpha/torrc';
    await sh(fleet.host('h1'), 'cp -p "$1" "$1.kept" && echo "DirCache 0" >>"$1"', torrc);
    try {
      const { result } = await design(5, '--dry-run');
      assert.equal(result.error.code, 'experiment-too-few-relays');
      assert.match(
        result.error.message,
        /h1\/alpha has DirCache 0 \(\/etc\/tor\/instances\/alpha\/torrc:\d+\), while 3 of 4 do not set it/,
      );
    } finally {
      await sh(fleet.host('h1'), 'mv "$1.kept" "$1"', torrc);
    }
  });

  test('a design touches no host and changes nothing in the plan', async () => {
    const { result } = await design(0);
    assert.equal(result.schema, 'tearless.experiment-design/v1');
    assert.equal(result.relaysPerArm, 2);
    assert.equal(listAssigned(experiment()).length, 4);
    const planned = await operator.run(0, 'plan');
    assert.deepEqual(planned.result.items, []);
    await fleet.assertUntouched(former);
  });

  test('a start that another run keeps out has not begun', async () => {
    const before = text();
    await using store = await openStore(join(operator.folder, 'state', 'tearless', 'state.db'));
    const lock = { name: `fleet/${fleet.name}`, run: 'another', holder: readOwnHolder(), sinceMs: Date.now() };
    await takeStoredLock(store, lock, () => {});
    const { result } = await operator.run(6, 'experiment', 'start', 'mem', '--yes');
    assert.equal(result.error.code, 'change-locked');
    assert.equal(text(), before);
    await releaseStoredLock(store, lock.name, lock.run);
  });

  test('a start that is killed is finished by calling it again', async () => {
    const order = restartOrder(experiment());
    const [first = '', second = ''] = order;
    const saved = await operator.run(0, 'experiment', 'start', 'mem', '--out', 'start.plan');
    assert.deepEqual([saved.result.outcome, saved.result.restarted], ['planned', []]);
    const applied = await operator.run(64, 'apply', 'start.plan', '--yes');
    assert.match(applied.result.error.hint, /tearless experiment start mem FILE/);
    await fleet.assertUntouched(former);
    const running = operator.start('experiment', 'start', 'mem', 'start.plan', '--yes');
    await fleet.killAt(running, { kind: 'item.done', item: first }, first.split('/')[0] ?? '');
    assert.ok(experiment().starting !== undefined && experiment().started === undefined);
    const { events, result } = await operator.run(0, 'experiment', 'start', 'mem', '--yes');
    assert.ok(events.some(({ kind }) => kind === 'run.resumed'));
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'item.started').map(({ item }) => item)[0],
      second,
      'it goes on in the order of the experiment',
    );
    assert.deepEqual([result.outcome, result.waiting], ['done', []]);
    assert.equal(experiment().started, result.started);
  });

  test('every relay restarted once and has its treatment; timers are there for those of one arm', async () => {
    const now = await fleet.see();
    for (const { relay, arm } of listAssigned(experiment())) {
      const [host = '', name = ''] = relay.split('/');
      const [was, is] = [former[host]?.relays[name], now[host]?.relays[name]];
      assert.notEqual(is?.mainPid, was?.mainPid, `${relay} restarted`);
      const tuned = arm === 'tuned';
      assert.equal(is?.allocator, tuned ? 'jemalloc' : 'glibc', relay);
      assert.equal(is?.bandwidthRate === fasterBytes, tuned, relay);
      const timers = await sh(
        fleet.host(host),
        'systemctl list-timers --plain --no-legend "tearless-restart-$1.timer"',
        name,
      );
      assert.equal(timers !== '', tuned, `${relay}: ${timers}`);
    }
  });

  test('a timer restarts its relay and no other', async () => {
    const [{ relay = '' } = {}] = listAssigned(experiment()).filter(({ arm }) => arm === 'tuned');
    const [host = '', name = ''] = relay.split('/');
    const before = await fleet.see(host);
    await sh(fleet.host(host), 'systemctl start "tearless-restart-$1.service"', name);
    const pidOf = async () =>
      (await sh(fleet.host(host), 'systemctl show -p MainPID -p ActiveState "tor@$1.service"', name)).trim();
    await waitFor(
      async () => {
        const shown = await pidOf();
        return (
          shown.includes('ActiveState=active') && !shown.includes(`MainPID=${before[host]?.relays[name]?.mainPid}\n`)
        );
      },
      { what: `${relay} to be restarted`, timeoutMs: 5 * 60_000 },
    );
    const now = await fleet.see(host);
    for (const [other, state] of Object.entries(before[host]?.relays ?? {}))
      if (other !== name) assert.deepEqual(now[host]?.relays[other], state);
  });

  test('the configuration agrees with the hosts, and the experiment is known to the store', async () => {
    const planned = await operator.run(0, 'plan');
    assert.deepEqual(planned.result.items, []);
    const again = await operator.run(5, 'experiment', 'start', 'mem', '--yes');
    assert.equal(again.result.error.code, 'experiment-started');
    const other = await operator.run(5, 'experiment', 'design', 'two', '--arms', 'glibc,jemalloc', '--dry-run');
    assert.match(other.result.error.message, /it is in arm '(plain|tuned)' of experiment 'mem'/);
    const shown = await operator.run(0, 'experiment', 'show', 'mem');
    assert.match(JSON.stringify(shown.result), /"method":"random"/);
    const watched = await operator.run(0, 'experiment', 'watch', 'mem');
    assert.equal(watched.result.look, null);
  });

  test('undoing the run leaves the hosts as they were', async () => {
    await operator.run(0, 'run', 'undo', 'last', '--yes');
    await fleet.assertAs(former);
    assert.equal(experiment().starting ?? experiment().started, undefined, 'the next plan does not begin it again');
    assert.deepEqual((await operator.run(0, 'plan')).result.items, []);
  });
});
