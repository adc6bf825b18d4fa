// The end of an experiment that was set up and would have been ended by hand, on a real host (tor, systemd, sshd) under the real
// command line. A plan that was once written for this by hand had eight faults; each is made possible here, and does not happen.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { removeLibrary, restoreLibrary } from '@tearless/lab/hosts/faults.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { parse } from 'yaml';
import {
  experiment,
  foreignJobs,
  jemalloc,
  mimalloc,
  ownJobs,
  paths,
  plant,
  siteLines,
  writeData,
} from './conclude/plant.ts';
import { FaultFleet, type SeenFleet, sh } from './support/fault-fleet.ts';
import type { Ended, Operator } from './support/operator.ts';
import type { ShownLeaving, ShownLine } from './support/result.ts';

const skip = hostsUnavailableReason() ?? false;
const relays = ['alpha', 'bravo', 'charlie', 'delta'];
const target = 'mimalloc=75%,jemalloc=25%';

const words = ['experiment', 'conclude', experiment, '--target', target, '--yes', '--baseline-after', '0s'];

describe('the end of an experiment that was set up by hand', { skip, timeout: 45 * 60_000 }, () => {
  let fleet: FaultFleet;
  let host: LabHost;
  let operator: Operator;
  let former: SeenFleet;
  let concluded: Ended;
  let lines: ReadonlyMap<string, ShownLine>;
  let archive = '';
  let found: readonly ShownLeaving[] = [];

  const read = (path: string): Promise<string> => sh(host, 'cat "$1"; echo .', path).then((text) => text.slice(0, -1));
  const lineOf = (id: string): ShownLine => {
    const line = lines.get(id);
    assert.ok(line, id);
    return line;
  };

  before(async () => {
    fleet = await FaultFleet.bringUp(`conclude-${process.pid}`, { suites: ['bookworm'], relaysPerHost: 4 });
    host = fleet.host('h1');
    operator = fleet.operator({ settings: [] });
    await plant(host);
    writeFileSync(join(operator.folder, 'notes.txt'), 'what we thought\n');
    former = await fleet.see();
    const { relays: declared } = parse(readFileSync(operator.configPath, 'utf8')) as {
      relays: { relay: string; fingerprint: string }[];
    };
    const fingerprints = Object.fromEntries(declared.map(({ relay, fingerprint }) => [relay.slice(3), fingerprint]));
    await operator.run(0, 'experiment', 'import', writeData(join(operator.folder, 'data'), fingerprints));
  });
  after(async () => {
    await operator?.[Symbol.asyncDispose]();
    await fleet?.down();
  });

  test('everything that it left is found and shown with why, and nothing is touched by looking', async () => {
    const { result } = await operator.run(0, 'experiment', 'conclude', experiment, '--target', target, '--dry-run');
    const shown = result.leavings;
    assert.deepEqual(
      shown.filter(({ verdict }) => verdict === 'remove').map(({ id }) => id),
      [
        'h1:tor-restart-delta.timer',
        'h1:tor-restart@delta.timer',
        `h1:${paths.restartTimer}`,
        `h1:${paths.restartTemplate}`,
        `h1:${paths.restartService}`,
        `h1:${paths.alphaDropIn}`,
        `h1:${paths.bravoDropIn}`,
        'h1/charlie:MaxConsensusAgeForDiffs',
        `h1:${paths.crontab}:3`,
        `h1:${paths.crontab}:7`,
      ],
    );
    assert.deepEqual(
      shown
        .filter(({ verdict }) => verdict !== 'remove')
        .map(({ id, verdict, origin }) => `${verdict} ${origin} ${id}`),
      ['ask earlier h1/delta:DirCache', `ask experiment h1:${paths.crontab}:4`, `ask experiment h1:${paths.crontab}:5`],
    );
    for (const { id, evidence } of shown) assert.ok(evidence.length > 0, id);
    found = shown;
    await fleet.assertUntouched(former);
  });

  test('a relay that does not come back well stops it, and its batch goes back', async () => {
    const running = operator.start(...words, '--serial', '1', '--keep', 'notes.txt');
    await running.holdAt({ kind: 'step.started', step: 'restart' }, () => removeLibrary(host, mimalloc));
    const { exitCode, result, events } = await running.ended.finally(() => restoreLibrary(host, mimalloc));
    assert.deepEqual([exitCode, result.outcome], [5, 'failed-undone']);
    assert.ok(events.some(({ kind, gate }) => kind === 'gate.failed' && gate === 'allocator-loaded'));
    const touched = new Set(events.filter(({ step }) => step === 'restart').map(({ item }) => item));
    assert.equal(touched.size, 1, 'no further relay was begun');
    const now = await fleet.see();
    for (const name of relays) {
      const [seen, then] = [now.h1?.relays[name], former.h1?.relays[name]];
      assert.deepEqual([seen?.activeState, seen?.allocator], ['active', then?.allocator], name);
    }
    assert.ok(result.open.includes('target'));
  });

  test('it ends by one plan, also where it was cut off: exit code 0, and every line of the list but the baseline is ticked', async () => {
    const first = operator.start(...words, '--serial', '1,2');
    await first.at({ kind: 'batch.done', batch: 0 }, 'SIGINT');
    const cutOff = await first.ended;
    assert.equal(cutOff.exitCode, 130, cutOff.stderr);
    // The same call goes on where the first was stopped.
    const second = await operator.run(0, ...words);
    concluded = { ...second, events: [...cutOff.events, ...second.events] };
    lines = new Map(concluded.result.checklist.map((line) => [line.id, line]));
    assert.deepEqual(concluded.result.open, ['baseline'], JSON.stringify(concluded.result.checklist, undefined, 1));
    archive = join(concluded.result.document, '..');
  });

  describe('fault 1: timers of another name survive', () => {
    test('none is left, active, enabled or on the disk', async () => {
      assert.doesNotMatch(await sh(host, 'systemctl list-timers --all --no-legend'), /tor-restart/);
      assert.doesNotMatch(await sh(host, 'systemctl list-unit-files --no-legend "tor-restart*" || :'), /tor-restart/);
      assert.equal(
        await sh(host, 'ls /etc/systemd/system/tor-restart* /etc/systemd/system/*.wants/tor-restart* 2>/dev/null || :'),
        '',
      );
      assert.equal(lineOf('timers').state, 'done');
    });
  });

  describe('fault 2: torrc is reverted where tor does not read it', () => {
    test('the option is gone from where tor reads it, and from tor; a file elsewhere is as it was', async () => {
      assert.doesNotMatch(await read(paths.charlieTorrc), /MaxConsensusAgeForDiffs/);
      assert.equal(await read(paths.charlieDecoy), 'Nickname decoy\nMaxConsensusAgeForDiffs 14400\n');
      assert.match(lineOf('torrc').evidence.join('\n'), /1 of 1 are gone/);
    });
  });

  describe('fault 3: drop-ins of others are removed', () => {
    test('lines of the site stay in the experiment’s drop-in, and the site’s own drop-in is as it was', async () => {
      const text = await read(paths.bravoDropIn);
      for (const line of siteLines) assert.ok(text.includes(line), line);
      assert.doesNotMatch(text, /LD_PRELOAD/);
      assert.equal(await read(paths.charlieDropIn), '[Service]\nEnvironment=NOTE=kept\n');
      assert.equal(await sh(host, 'test ! -e "$1"', paths.alphaDropIn), '');
    });
  });

  describe('fault 4: restarts without gates, a rollback of all at once', () => {
    test('each relay restarts once at most, in batches, behind gates', () => {
      const batches = concluded.events.flatMap(({ kind, items }) =>
        kind === 'batch.started'
          ? [(items as string[]).filter((item) => relays.some((name) => item === `h1/${name}`))]
          : [],
      );
      assert.ok(
        batches.every((batch) => batch.length <= 2),
        JSON.stringify(batches),
      );
      assert.ok(batches.flat().includes('h1/charlie') && batches.flat().includes('h1/delta'));
      const restarts = concluded.events.filter(({ kind, step }) => kind === 'step.started' && step === 'restart');
      assert.equal(new Set(restarts.map(({ item }) => item)).size, restarts.length);
      assert.equal(restarts.length, 2);
      for (const { item } of restarts) {
        const gates = concluded.events.filter((event) => event.kind === 'gate.passed' && event.item === item);
        assert.ok(
          gates.some(({ gate }) => /allocator/.test(String(gate))),
          String(item),
        );
      }
    });
  });

  describe('fault 5: a backup in /tmp that nobody verified, two samples instead of all', () => {
    test('every file that changed lies in the archive as it was, and every relay was looked at', () => {
      const manifest = JSON.parse(readFileSync(join(archive, 'manifest.json'), 'utf8')) as {
        files: { path: string; sha256: string }[];
      };
      for (const { path, sha256 } of manifest.files)
        assert.equal(
          createHash('sha256')
            .update(readFileSync(join(archive, path)))
            .digest('hex'),
          sha256,
          path,
        );
      const changed = [
        paths.alphaDropIn,
        paths.bravoDropIn,
        paths.charlieTorrc,
        paths.restartService,
        paths.restartTimer,
        paths.restartTemplate,
        paths.crontab,
      ];
      const whole = former.h1?.whole ?? [];
      for (const path of changed) {
        const copy = readFileSync(join(archive, 'backup', 'h1', path));
        const sum = createHash('sha256').update(copy).digest('hex');
        if (path.startsWith('/etc')) assert.ok(whole.includes(`${sum}  ${path}`), path);
      }
      assert.doesNotMatch(archive, /^\/tmp\/(?!tearless-faults)/);
      const { evidence, state } = lineOf('verified');
      assert.equal(state, 'done');
      for (const name of relays)
        assert.ok(
          evidence.some((line) => line.startsWith(`h1/${name} `)),
          name,
        );
    });

    test('what tor has loaded is the target, as the kernel says', async () => {
      const now = await fleet.see();
      const loaded = relays.map((name) => now.h1?.relays[name]?.allocator).sort();
      assert.deepEqual(loaded, ['jemalloc', 'mimalloc', 'mimalloc', 'mimalloc']);
      // They had it already: whoever keeps his allocator is not restarted for a file that moves.
      for (const name of ['alpha', 'bravo'])
        assert.equal(now.h1?.relays[name]?.mainPid, former.h1?.relays[name]?.mainPid, name);
      const preloads = await sh(host, 'systemctl show -p Environment tor@alpha tor@bravo');
      assert.ok(preloads.includes(jemalloc) && preloads.includes(mimalloc), preloads);
    });
  });

  describe('fault 6: what an earlier experiment left is never looked for', () => {
    test('DirCache 0 is shown apart and stays until it is named', async () => {
      assert.match(await read(paths.deltaTorrc), /^DirCache 0$/m);
      assert.match(lineOf('earlier').evidence.join('\n'), /not touched: h1\/delta:DirCache/);
    });
  });

  describe('fault 7: foreign jobs of cron go with the experiment’s', () => {
    test('jobs that only contain or copy the name stay, in every byte', async () => {
      assert.equal(await read(paths.crontab), `# mine\nMAILTO=""\n${foreignJobs.join('\n')}\n`);
      for (const job of ownJobs) assert.doesNotMatch(await read(paths.crontab), new RegExp(job.slice(-12)));
      assert.equal(await sh(host, 'stat -c "%a %U" "$1"', paths.crontab), '600 operator');
    });
  });

  describe('fault 8: no last figures at one instant, no retention list, a list that nobody ticks', () => {
    test('all relays were measured at one instant, and the data says so', () => {
      const csv = readFileSync(join(archive, 'memory_measurements.csv'), 'utf8').trim().split('\n');
      const last = csv.at(-1)?.split(',')[0];
      const rows = csv.filter((line) => line.startsWith(`${last},`) && line.includes(',relay,'));
      assert.equal(rows.length, 4);
      assert.equal(lineOf('final-collection').evidence.length, 1);
    });

    test('the archive holds what the retention list names, and the ticked list with the run as its evidence', () => {
      const names = [
        'experiment.json',
        'relay_config.csv',
        'report.html',
        'plan.json',
        'leavings.json',
        'conclusion.md',
      ];
      for (const name of names) assert.ok(readFileSync(join(archive, name)).length > 0, name);
      assert.equal(readFileSync(join(archive, 'kept/notes.txt'), 'utf8'), 'what we thought\n');
      const hidden = readFileSync(join(archive, 'public/report.html'), 'utf8');
      for (const name of relays) assert.doesNotMatch(hidden, new RegExp(`\\b${name}\\b`));
      const document = readFileSync(join(archive, 'conclusion.md'), 'utf8');
      assert.match(document, /^- \[x\] Restart timers stopped, disabled and removed$/m);
      assert.match(document, /run \S+: h1\/\(experiment\) .*proved 20/);
      assert.match(document, /^- \[ \] Baseline/m);
    });

    test('the baseline is taken when it is due, and ticks its line', async () => {
      const { result } = await operator.run(0, 'experiment', 'conclude', experiment, '--baseline');
      const [line] = result.checklist.filter(({ id }) => id === 'baseline');
      assert.equal(line?.state, 'done');
      assert.match(line?.evidence.join('\n') ?? '', /4 relays run/);
      assert.match(readFileSync(join(archive, 'conclusion.md'), 'utf8'), /^- \[x\] Baseline/m);
    });
  });

  test('once a day the journal says what memory relays take', async () => {
    assert.equal(await sh(host, 'systemctl is-active tearless-memory-summary.timer'), 'active');
    await sh(host, 'systemctl start tearless-memory-summary.service');
    assert.match(
      await sh(host, 'journalctl --sync; journalctl -q -t tearless-memory -o cat'),
      /relays running: 4 of 4; memory: average [1-9]\d* MiB, total [1-9]\d* MiB; most: tor@/,
    );
  });

  test('the configuration says so from now on, and a second call has nothing to do', async () => {
    const config = parse(readFileSync(operator.configPath, 'utf8'));
    assert.deepEqual(config.settings, [{ select: '*', allocator: { mimalloc: '75%', jemalloc: '25%' } }]);
    const { result } = await operator.run(0, 'plan');
    assert.deepEqual(result.items, []);
    const again = await operator.run(0, 'experiment', 'conclude', experiment, '--yes');
    assert.deepEqual([again.result.run, again.result.open], [null, []]);
  });

  test('the way back rolls, in batches, to the last byte, and timers run again', async () => {
    const { events } = await operator.run(0, 'experiment', 'conclude', experiment, '--undo', '--yes');
    const first = events.findIndex(({ kind }) => kind === 'item.undone');
    assert.ok(first >= 0);
    const restarting = new Set<unknown>();
    let most = 0;
    for (const { kind, item } of events) {
      if (kind === 'item.undo-started' && relays.some((name) => item === `h1/${name}`)) restarting.add(item);
      if (kind === 'item.undone') restarting.delete(item);
      most = Math.max(most, restarting.size);
    }
    assert.ok(most <= 2, `${most} relays went back at once`);
    await fleet.assertAs(former);
    assert.deepEqual(parse(readFileSync(operator.configPath, 'utf8')).settings, []);
    for (const timer of ['tor-restart-delta.timer', 'tor-restart@delta.timer']) {
      assert.equal(await sh(host, 'systemctl is-active "$1"', timer), 'active');
      assert.equal(await sh(host, 'systemctl is-enabled "$1"', timer), 'enabled');
    }
    const again = await operator.run(0, 'experiment', 'conclude', experiment, '--target', target, '--dry-run');
    assert.deepEqual(again.result.leavings, found);
    assert.equal(
      await read(paths.crontab),
      `# mine\nMAILTO=""\n${ownJobs[0]}\n${foreignJobs.join('\n')}\n${ownJobs[1]}\n`,
    );
  });
});
