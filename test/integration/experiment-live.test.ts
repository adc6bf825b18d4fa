// The template `live update against restart` on a real host: designed, started, measured, reported and taken back. Relays of one arm
// become the next build while they run, those of the other are restarted onto it, in one random order.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { listAssigned } from 'tearless/config/experiments.ts';
import { parseConfig } from 'tearless/config/parse.ts';
import type { ExperimentConfig } from 'tearless/config/schema.ts';
import { restartOrder } from 'tearless/experiments/design/assignment.ts';
import { LiveHost, layBuilds, patience, readManifest, rules } from './live/live-host.ts';
import { OpenControl } from './support/open-control.ts';
import { Operator } from './support/operator.ts';

const isLong = process.env.TEARLESS_SOAK === '1';
const skip = hostsUnavailableReason() ?? (isLong ? false : 'three minutes: `npm run test:soak` runs it');
const lab = `template-${process.pid}`;
const names = ['a', 'b', 'c', 'd'] as const;

describe('an experiment with live updates on a real host', { skip, timeout: 45 * 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-experiment-live-'));
  const operator = new Operator(join(folder, 'operator'));
  const builds = join(folder, 'builds');
  const [first, next] = [join(builds, 'first'), join(builds, 'next')];
  let live: LiveHost;
  let version = '';
  const controls = new Map<string, OpenControl>();
  /** Main processes by relay, before the start. */
  let pids = new Map<string, string>();
  let run = '';

  const sh = (script: string): Promise<string> => live.sh(script);
  const readPids = async (): Promise<Map<string, string>> => {
    const units = names.map((name) => `tor@${name}.service`).join(' ');
    const shown = await sh(`systemctl show --property=MainPID --value ${units}`);
    const found = shown.split('\n').filter((line) => line !== '');
    assert.equal(found.length, names.length, shown);
    return new Map(names.map((name, index) => [`alpha/${name}`, found[index] ?? '']));
  };
  const experiment = (): ExperimentConfig => {
    const text = readFileSync(operator.configPath, 'utf8');
    const found = parseConfig(text, operator.configPath).experiments?.upd;
    assert.ok(found !== undefined);
    return found;
  };
  const relaysOf = (wanted: string): string[] =>
    listAssigned(experiment()).flatMap(({ relay, arm }) => (arm === wanted ? [relay] : []));
  /** Relays that restart next to each other in the order may do so at once. Blocks are drawn from what relays need, so the order varies. */
  const inParts = (relays: readonly string[]): string[][] => {
    const restarting = new Set(relaysOf('restart'));
    const parts: string[][] = [];
    let former = '';
    for (const relay of relays) {
      if (restarting.has(relay) && restarting.has(former)) parts.at(-1)?.push(relay);
      else parts.push([relay]);
      former = relay;
    }
    return parts.map((part) => part.sort());
  };
  const nameOf = (relay: string): string => relay.split('/')[1] ?? '';
  const askVersion = async (relay: string): Promise<string> => {
    const control = new OpenControl(live.host, nameOf(relay));
    return await control.version().finally(() => control.close());
  };
  const start = (to: string): string[] => [
    ...['experiment', 'start', 'upd', '--to', to, '--builds', builds, '--rules', 'rules.yaml', '--yes'],
    ...patience,
  ];
  /** Somebody has a link to each relay: there is something to cut. Ends with the host. */
  const holdLinks = (): Promise<string> =>
    sh(`perl -MIO::Socket::INET -e '
      my @held = map { IO::Socket::INET->new(PeerAddr => $_) or die "$_: $!\n" } @ARGV;
      exit if fork; open STDIN, "</dev/null"; open STDOUT, ">/dev/null"; open STDERR, ">/dev/null"; sleep 3600;
    ' ${names.map((_, index) => `${live.host.address}:${9001 + index}`).join(' ')}`);

  before(async () => {
    await layBuilds([first, next]);
    ({ version } = readManifest(first));
    writeFileSync(join(operator.folder, 'rules.yaml'), rules);
    live = await LiveHost.start(lab);
    await live.startRelays(names.map((name) => ({ name })));
    operator.declare({
      ...live.declare(names),
      fleet: 'template',
      restart: { soak: '1s', deadline: '5m', serial: [4] },
    });
    await operator.run(0, 'live', 'key', 'make');
    await operator.run(0, 'live', 'key', 'trust', '--yes');
    await operator.run(0, 'live', 'adopt', 'host=alpha', '--to', first, '--yes');
  });

  after(async () => {
    for (const control of controls.values()) control.close();
    await operator[Symbol.asyncDispose]();
    await live?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test('a start refuses a build that a relay of the arm runs already, and touches nothing', async () => {
    await operator.run(0, 'experiment', 'design', 'upd', '--template', 'live-update-against-restart', '--seed', '3');
    pids = await readPids();
    for (const relay of relaysOf('live-update')) controls.set(relay, new OpenControl(live.host, nameOf(relay)));
    const { result } = await operator.run(5, ...start(first));
    assert.equal(result.error.code, 'live-arm-impossible');
    assert.deepEqual(await readPids(), pids);
    assert.equal(experiment().starting, undefined);
  });

  test('relays of both arms take the build in the one order of the experiment', async () => {
    await holdLinks();
    const { events, result } = await operator.run(0, ...start(next));
    assert.deepEqual([result.outcome, result.waiting, [...result.restarted].sort()], ['done', [], [...pids.keys()]]);
    const done = events.flatMap(({ kind, item }) => (kind === 'item.done' ? [String(item)] : []));
    assert.deepEqual(inParts(done), inParts(restartOrder(experiment())));
    assert.equal(experiment().started, result.started);
    run = result.run ?? '';
  });

  test('those of one arm are the same processes with another version, those of the other are new ones', async () => {
    const now = await readPids();
    for (const [relay, control] of controls) {
      assert.equal(await control.version(), `${version}-carried`, relay);
      assert.equal(now.get(relay), pids.get(relay), relay);
    }
    for (const relay of relaysOf('restart')) {
      assert.equal(await askVersion(relay), `${version}-carried`, relay);
      assert.notEqual(now.get(relay), pids.get(relay), relay);
    }
  });

  test('one collection is enough for a report that says what the restarts cut, and that live updates cut nothing', async () => {
    await operator.run(0, 'collect', 'upd');
    const { result } = await operator.run(0, 'experiment', 'report', 'upd');
    const shown = JSON.stringify(result.outcomes);
    const arms = new Map(
      result.outcomes.map((outcome) => [outcome.id, new Map(outcome.arms.map((one) => [one.arm, one]))]),
    );
    assert.deepEqual([...arms.keys()], ['hsDirHours', 'bytesCarried', 'circuitsCut']);
    for (const byArm of arms.values())
      assert.deepEqual(
        [...byArm.values()].map(({ relays }) => relays),
        [2, 2],
        shown,
      );
    const cutIn = (arm: string): number => arms.get('circuitsCut')?.get(arm)?.mean?.mean ?? Number.NaN;
    assert.equal(cutIn('live-update'), 0, shown);
    assert.ok(cutIn('restart') > 0, shown);
    for (const arm of ['restart', 'live-update']) {
      const bytes = arms.get('bytesCarried')?.get(arm)?.mean?.mean ?? Number.NaN;
      assert.ok(bytes > 0, shown);
    }
  });

  test('undone from its journal, updates are rolled back in the processes, and the others restart', async () => {
    const before = await readPids();
    const { result } = await operator.run(0, 'run', 'undo', run, '--yes');
    assert.equal(result.outcome, 'undone');
    const now = await readPids();
    for (const [relay, control] of controls) {
      assert.equal(await control.version(), version, relay);
      assert.equal(now.get(relay), pids.get(relay), relay);
    }
    for (const relay of relaysOf('restart')) {
      assert.equal(await askVersion(relay), version, relay);
      assert.notEqual(now.get(relay), before.get(relay), relay);
    }
    const { buildId } = readManifest(first);
    const kept = await sh("ls /usr/local/lib/tearless/live | grep -v '^injector'");
    assert.deepEqual(kept.split('\n'), [buildId], 'the other build is gone from the host');
    assert.equal(experiment().starting ?? experiment().started, undefined);
  });
});
