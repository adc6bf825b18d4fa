import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExperimentConfig } from '../../config/schema.ts';
import type { HostFacts, TimerFacts } from '../../facts/observed.ts';
import { sampleHost, sampleInstance } from '../../relays/testing/sample-fleet.ts';
import { checkStart, planStart, readProgress } from './plan-start.ts';
import { planRestartTimer, renderRestartTimer } from './restart-timer.ts';

const hour = 3_600_000;
const startingMs = Date.UTC(2026, 1, 1);

const experiment: ExperimentConfig = {
  control: 'plain',
  arms: { plain: {}, daily: { restartEvery: 24 * hour } },
  blocks: [
    { plain: 'h1/a', daily: 'h1/b' },
    { plain: 'h1/c', daily: 'h1/d' },
  ],
  seed: 's',
  days: 3,
  designed: '2026-01-31T12:00:00Z',
};

/** The host's clock is an hour ahead of ours: only how long ago a process began counts. */
const facts = (
  ageMs: Readonly<Record<string, number>>,
  timers: readonly TimerFacts[] = [],
): ReadonlyMap<string, HostFacts> => {
  const hostTimeMs = startingMs + 2 * hour;
  return new Map([
    [
      'h1',
      sampleHost(
        'h1',
        Object.entries(ageMs).map(([name, age]) => sampleInstance(name, { activeEnterMs: hostTimeMs - age })),
        { hostTimeMs, timers },
      ),
    ],
  ]);
};

const input = (hosts: ReadonlyMap<string, HostFacts>) => ({
  name: 'e',
  experiment,
  startingMs,
  hosts,
  nowMs: startingMs + hour,
});

const old = 5 * hour;
const activeTimer = (name: string): TimerFacts => ({
  unit: `tearless-restart-${name}.timer`,
  activates: `tearless-restart-${name}.service`,
  activeState: 'active',
  unitFileState: 'enabled',
});

describe('the start of an experiment', () => {
  it('restarts every relay of every arm once, control included, in its order', () => {
    const extras = planStart(input(facts({ a: old, b: old, c: old, d: old })));
    assert.deepEqual([...extras.relays.keys()].sort(), ['h1/a', 'h1/b', 'h1/c', 'h1/d']);
    assert.equal(extras.relays.get('h1/a')?.restart, 'begins the experiment e');
    assert.deepEqual([...(extras.order ?? [])].sort(), ['h1/a', 'h1/b', 'h1/c', 'h1/d']);
  });

  it('goes on where it was cut off: what restarted since is left alone, whatever the clock of its host says', () => {
    const hosts = facts({ a: 0.5 * hour, b: old, c: 0.9 * hour, d: 1.5 * hour });
    assert.deepEqual([...planStart(input(hosts)).relays.keys()], ['h1/b', 'h1/d']);
    const { restarted, waiting, lastRestartMs } = readProgress(input(hosts));
    assert.deepEqual(
      [restarted, waiting],
      [
        ['h1/a', 'h1/c'],
        ['h1/b', 'h1/d'],
      ],
    );
    assert.equal(lastRestartMs, startingMs + 0.5 * hour);
  });

  it('waits for relays that do not run or are not there', () => {
    const { waiting } = readProgress(input(facts({ a: 0, b: 0, c: 0 })));
    assert.deepEqual(waiting, ['h1/d']);
  });

  it('sets up timers at the end, spread over the interval, once each', () => {
    const hosts = facts({ a: 0, b: 0, c: 0, d: 0 }, [activeTimer('b')]);
    const { after = [] } = planStart(input(hosts));
    assert.deepEqual(
      after.map(({ id }) => id),
      ['h1/(timer d)'],
    );
    assert.deepEqual(planStart(input(hosts), false).after, []);
    const both = planStart(input(facts({ a: 0, b: 0, c: 0, d: 0 }))).after ?? [];
    const firsts = both.map(({ steps }) => /OnActiveSec=(\d+)s/.exec(String(steps[1]?.params.content))?.[1]);
    assert.deepEqual(firsts.sort(), ['43200', '86400']);
  });

  it('refuses what it cannot do or what was done', () => {
    const refused = (change: Partial<ExperimentConfig>, code: string, build?: string): void =>
      assert.throws(() => checkStart('e', { ...experiment, ...change }, build), { code, kind: 'refused' });
    refused({ started: '2026-02-01T00:00:00Z' }, 'experiment-started');
    refused({ started: '2026-02-01T00:00:00Z', concluded: '2026-02-02T00:00:00Z' }, 'experiment-concluded');
    const arms = { plain: {}, daily: { action: 'live-update' as const } };
    refused({ arms }, 'experiment-no-build');
    refused({}, 'experiment-no-live-arm', 'b');
    refused({ arms: { ...arms, daily: { ...arms.daily, allocator: 'mimalloc' } } }, 'experiment-mixed-arm', 'b');
    checkStart('e', { ...experiment, arms }, 'b');
    checkStart('e', { ...experiment, starting: '2026-02-01T00:00:00Z' }, undefined);
  });

  it('restarts no relay of an arm with live updates, whose treatment is its update', () => {
    const live = { ...experiment, arms: { plain: {}, daily: { action: 'live-update' as const } } };
    const at = { ...input(facts({ a: old, b: 0, c: 0, d: old })), experiment: live };
    assert.deepEqual([...planStart(at).relays.keys()], ['h1/a']);
    const before = readProgress(at);
    assert.deepEqual(before.waiting, ['h1/a', 'h1/b', 'h1/d'], 'a young process is no live update');
    const { restarted, waiting, lastRestartMs } = readProgress({ ...at, updated: new Map([['h1/b', startingMs + 7]]) });
    assert.deepEqual(
      [restarted, waiting],
      [
        ['h1/b', 'h1/c'],
        ['h1/a', 'h1/d'],
      ],
    );
    assert.equal(lastRestartMs, startingMs + hour);
  });
});

describe('a restart timer', () => {
  const timer = { instance: 'alpha', experiment: 'mem', everyMs: 24 * hour, firstMs: 90_000 };

  it('is two units that say whose they are', () => {
    const { serviceText, timerText, servicePath, timerPath } = renderRestartTimer(timer);
    assert.equal(servicePath, '/etc/systemd/system/tearless-restart-alpha.service');
    assert.equal(
      serviceText,
      `# Written by Tearless for the experiment mem; removed when it is concluded.
[Unit]
Description=Restart tor@alpha.service for the experiment mem
[Service]
Type=oneshot
ExecStart=/usr/bin/systemctl --no-block try-restart tor@alpha.service
`,
    );
    assert.equal(timerPath, '/etc/systemd/system/tearless-restart-alpha.timer');
    assert.equal(
      timerText,
      `# Written by Tearless for the experiment mem; removed when it is concluded.
[Unit]
Description=Restart tor@alpha.service every 86400s for the experiment mem
[Timer]
OnActiveSec=90s
OnUnitActiveSec=86400s
AccuracySec=1s
Unit=tearless-restart-alpha.service
[Install]
WantedBy=timers.target
`,
    );
  });

  it('is written, read by systemd, enabled and started, in this order', () => {
    const item = planRestartTimer('h1', timer);
    assert.deepEqual(
      item.steps.map(({ kind }) => kind),
      ['file.write', 'file.write', 'systemd.reload', 'unit.enable', 'unit.start'],
    );
    assert.equal(item.id, 'h1/(timer alpha)');
  });
});
