import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instancePaths } from '../../daemon/instance.ts';
import { fileFacts } from '../../relays/testing/sample-fleet.ts';
import { judgeEligibility } from './eligibility.ts';
import { candidate, candidates, usualFlags } from './testing/candidates.ts';

const torrcWith = (name: string, lines: string) => ({
  torrc: [fileFacts(instancePaths(name).torrcPath, `Nickname ${name}\nORPort 9001\n${lines}\n`)],
});

const judge = (...odd: Parameters<typeof judgeEligibility>[0]) => {
  const { eligible, obstacles, notes } = judgeEligibility([...candidates(6), ...odd], new Map());
  return {
    eligible: eligible.map(({ relay }) => relay.instance),
    obstacles: obstacles.map(({ relay, code, reason }) => `${relay} ${code}: ${reason}`),
    notes: notes.map(({ relay, code, reason }) => `${relay} ${code}: ${reason}`),
  };
};

const all = ['r01', 'r02', 'r03', 'r04', 'r05', 'r06'];

describe('who may take part', () => {
  it('are relays that resemble one another, whatever their names, ports and addresses', () => {
    const odd = candidate('odd', {
      instance: torrcWith('odd', 'Address 192.0.2.1\nContactInfo x\nOutboundBindAddress 192.0.2.2'),
    });
    assert.deepEqual(judge(odd), { eligible: [...all, 'odd'], obstacles: [], notes: [] });
  });

  it('is no relay with a torrc option of an earlier experiment, named with its line', () => {
    assert.deepEqual(judge(candidate('odd', { instance: torrcWith('odd', 'DirCache 0') })), {
      eligible: all,
      obstacles: [
        'h1/odd left-over-torrc: has DirCache 0 (/etc/tor/instances/odd/torrc:3), while 6 of 7 do not set it',
      ],
      notes: [],
    });
  });

  it('is no relay that lacks what the others set; what is written otherwise and means the same is the same', () => {
    const fleet = candidates(6, (index) => ({
      instance: torrcWith('x', index === 0 ? 'maxmeminqueues 2 GB' : index === 5 ? '' : 'MaxMemInQueues 2048 MB'),
    }));
    const { obstacles, eligible } = judgeEligibility(fleet, new Map());
    assert.deepEqual(
      obstacles.map(({ relay, reason }) => `${relay} ${reason}`),
      ['h1/r06 has not set MaxMemInQueues, while 5 of 6 have MaxMemInQueues 2 GB'],
    );
    assert.equal(eligible.length, 5);
  });

  it('is a relay of a host whose relays all have it otherwise; that is noted', () => {
    const other = ['x', 'y', 'z'].map((name) =>
      candidate(name, { host: 'h2', instance: torrcWith(name, 'MaxMemInQueues 1 GB') }),
    );
    const { eligible, obstacles, notes } = judge(...other);
    assert.deepEqual([eligible.length, obstacles, notes.length], [9, [], 3]);
    assert.match(notes.join(), /h2\/x left-over-torrc: has MaxMemInQueues 1 GB \(.*:3\), while 6 of 9 do not set it/);
  });

  it('is an exit among relays that are none, and one that carries less', () => {
    const odd = candidate('odd', {
      instance: torrcWith('odd', 'ExitRelay 1\nExitPolicy accept *:*\nBandwidthRate 1 MBytes'),
    });
    assert.deepEqual(judge(odd).obstacles, []);
  });

  it('is a relay whose option the configuration declares', () => {
    const declared = candidate('odd', {
      instance: torrcWith('odd', 'NumCPUs 1'),
      torrc: new Map([['numcpus', ['1']]]),
    });
    assert.deepEqual(judge(declared).obstacles, []);
  });

  it('says no secret of an odd option', () => {
    const text = judge(candidate('odd', { instance: torrcWith('odd', 'ServerTransportOptions obfs4 password=hush') }));
    assert.match(text.obstacles.join(), /ServerTransportOptions \[sensitive 1\]/);
    assert.doesNotMatch(text.obstacles.join(), /hush/);
  });

  it('is no relay with a foreign drop-in that preloads or tunes an allocator; others do no harm', () => {
    const dropIn = (file: string, text: string) => ({
      instance: { dropIns: [fileFacts(`/etc/systemd/system/tor@odd.service.d/${file}`, text)] },
    });
    assert.deepEqual(
      judge(candidate('odd', dropIn('10-test.conf', '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/x.so\n'))).obstacles,
      ['h1/odd left-over-drop-in: /etc/systemd/system/tor@odd.service.d/10-test.conf sets LD_PRELOAD'],
    );
    assert.equal(
      judge(candidate('odd', dropIn('10-malloc.conf', '[Service]\nEnvironment="MALLOC_CONF=narenas:1"\n'))).obstacles
        .length,
      1,
    );
    assert.deepEqual(judge(candidate('odd', dropIn('10-limit.conf', '[Service]\nLimitNOFILE=99\n'))).obstacles, []);
    const ours = dropIn('50-tearless-allocator.conf', '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/x.so\n');
    assert.deepEqual(judge(candidate('odd', ours)).obstacles, []);
  });

  for (const [unit, activates] of [
    ['tor-restart-odd.timer', 'tor-restart-odd.service'],
    ['tor-restart@odd.timer', 'tor-restart@odd.service'],
    ['nightly.timer', 'tor@odd.service'],
    ['tearless-restart-odd.timer', 'tearless-restart-odd.service'],
  ] as const)
    it(`is no relay that ${unit} restarts`, () => {
      const timers = [{ unit, activates, activeState: 'active', unitFileState: 'enabled' }];
      assert.deepEqual(judge(candidate('odd', { facts: { timers } })).obstacles, [
        `h1/odd restart-timer: ${unit} is active and starts ${activates}`,
      ]);
    });

  it('is a relay that a timer only resembles', () => {
    const timers = ['tor-restart-odder.timer', 'odd.timer', 'tor-restart-even.timer'].map((unit) => ({
      unit,
      activates: unit.replace('timer', 'service'),
      activeState: 'active',
      unitFileState: 'enabled',
    }));
    const idle = { unit: 'tor-restart-odd.timer', activates: '', activeState: 'inactive', unitFileState: 'disabled' };
    assert.deepEqual(judge(candidate('odd', { facts: { timers: [...timers, idle] } })).obstacles, []);
  });

  it('is no relay that cron restarts, by its unit, by a script with its name, or with all', () => {
    const cron = (text: string) => ({ facts: { cron: [{ path: '/etc/cron.d/x', user: 'root', line: 4, text }] } });
    for (const text of [
      '0 3 * * * root systemctl restart tor@odd.service',
      '0 3 * * * root /opt/tor-tests/restart odd',
      '0 3 * * * root systemctl restart tor',
      "0 3 * * * root systemctl restart 'tor@*'",
    ])
      assert.match(
        judge(candidate('odd', cron(text))).obstacles.join(),
        /^h1\/odd restart-cron: \/etc\/cron\.d\/x:4 stops or restarts it/,
        text,
      );
    for (const text of [
      '0 3 * * * root systemctl restart tor@odder.service',
      '0 3 * * * root systemctl restart nginx',
      '0 3 * * * root /opt/tor-tests/measure odd',
    ])
      assert.deepEqual(judge(candidate('odd', cron(text))).obstacles, [], text);
  });

  it('is no relay without V2Dir, or without HSDir in spite of its age, where most have it', () => {
    const without = (flag: string) => usualFlags.filter((other) => other !== flag);
    assert.match(
      judge(candidate('odd', { flags: without('V2Dir') })).obstacles.join(),
      /has not got V2Dir, while 6 of 7 have/,
    );
    const old = { instance: { activeEnterMs: 1_700_000_100_000 - 97 * 3_600_000 }, flags: without('HSDir') };
    assert.match(judge(candidate('odd', old)).obstacles.join(), /has not got HSDir.*runs for 4 days/);
    const young = judge(candidate('odd', { flags: without('HSDir') }));
    assert.deepEqual([young.obstacles.length, young.notes.length], [0, 1]);
    assert.deepEqual(judge(candidate('odd', { flags: without('Guard') })).obstacles, []);
  });

  it('is no relay of another tor, nor one that does not run, nor one of another experiment', () => {
    assert.deepEqual(judge(candidate('odd', { host: 'h2', facts: { torVersion: '0.4.8.1' } })).obstacles, [
      'h2/odd tor-version: h2 has tor 0.4.8.1, while 6 of 7 have 0.4.9.11',
    ]);
    assert.deepEqual(judge(candidate('odd', { instance: { activeState: 'failed' } })).obstacles, [
      'h1/odd not-running: tor@odd.service is failed',
    ]);
    const layers = new Map([['h1/r02', { experiment: 'mem', arm: 'a', treatment: {} }]]);
    assert.deepEqual(
      judgeEligibility(candidates(4), layers).obstacles.map(({ relay, reason }) => `${relay} ${reason}`),
      ["h1/r02 it is in arm 'a' of experiment 'mem'"],
    );
  });

  it('notes relays whose age is far from that of the fleet', () => {
    const old = candidate('odd', { instance: { activeEnterMs: 1_700_000_100_000 - 9 * 86_400_000 } });
    assert.deepEqual(judge(old).notes, [
      'h1/odd unequal-age: runs for 9 days, half of the fleet for 0 h or more: its memory before the start tells less',
    ]);
  });
});
