// What an experiment left on a host is found by what it does, shown with why, and told from what is somebody else's.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { discoverLeavings } from './discover.ts';
import type { Leaving } from './leaving.ts';
import {
  preload,
  restartTemplate,
  restartTimer,
  type SampleHost,
  sampleExperiment,
  sampleHost,
  timerOf,
} from './testing/sample-host.ts';

const relays = ['ada', 'bea', 'dan', 'eve', 'fay', 'zoe', 'kim', 'lou'];
const arms = { ada: 'A', bea: 'B', dan: 'D', eve: 'E', fay: 'F', zoe: 'Z' };
const jemalloc = '/usr/lib/x86_64-linux-gnu/libjemalloc.so.2';

const discover = (
  host: Omit<SampleHost, 'relays'>,
  isDeclared: (relay: string, option: string) => boolean = () => false,
) =>
  discoverLeavings({
    experiment: sampleExperiment(arms),
    hosts: [sampleHost({ relays, ...host })],
    isDeclared,
  });

const brief = (leavings: readonly Leaving[]) => leavings.map(({ id, verdict }) => `${verdict} ${id}`);

describe('restart timers', () => {
  it('named with a dash are found with the template service that they start', () => {
    const found = discover({
      units: { 'tor-restart@.service': restartTemplate, 'tor-restart-fay.timer': restartTimer('fay', '24h') },
      timers: [timerOf('tor-restart-fay.timer', 'tor-restart@fay.service')],
    });
    assert.deepEqual(brief(found), [
      'remove h1:tor-restart-fay.timer',
      'remove h1:/etc/systemd/system/tor-restart@.service',
      'remove h1:/etc/systemd/system/tor-restart-fay.timer',
    ]);
    assert.deepEqual(found[0]?.evidence, [
      'it starts tor-restart@fay.service, which restarts tor@fay',
      'arm F (restart-24h) restarts its relays every 24 h, as this timer does',
    ]);
  });

  it('made of a template are found too, with both templates', () => {
    const template = '[Timer]\nOnUnitActiveSec=1d\n';
    const found = discover({
      units: { 'tor-restart@.service': restartTemplate, 'tor-restart@.timer': template },
      timers: [
        timerOf('tor-restart@fay.timer', 'tor-restart@fay.service', { path: '/etc/systemd/system/tor-restart@.timer' }),
        { unit: 'tor-restart@.timer', unitFileState: 'disabled' },
      ],
    });
    assert.deepEqual(brief(found), [
      'remove h1:tor-restart@fay.timer',
      'remove h1:/etc/systemd/system/tor-restart@.service',
      'remove h1:/etc/systemd/system/tor-restart@.timer',
    ]);
  });

  it('of another interval, arm or relay are shown and not taken', () => {
    const units = Object.fromEntries(
      ['fay', 'zoe', 'kim'].map((relay) => [`tor-restart-${relay}.timer`, restartTimer(relay, '6h')]),
    );
    const found = discover({
      units: { 'tor-restart@.service': restartTemplate, ...units },
      timers: ['fay', 'zoe', 'kim'].map((relay) =>
        timerOf(`tor-restart-${relay}.timer`, `tor-restart@${relay}.service`),
      ),
    });
    assert.deepEqual(brief(found).slice(0, 3), [
      'ask h1:tor-restart-fay.timer',
      'ask h1:tor-restart-zoe.timer',
      'ask h1:tor-restart-kim.timer',
    ]);
    assert.match(found[0]?.evidence[1] ?? '', /every 24 h, this timer every 6 h/);
    assert.match(found[1]?.evidence[1] ?? '', /restarts nothing/);
    assert.match(found[2]?.evidence[1] ?? '', /not in the experiment/);
  });

  it('that restart nothing of tor, and Tearless’s own, are none of its business', () => {
    const found = discover({
      timers: [
        timerOf('apt-daily.timer', 'apt-daily.service'),
        timerOf('tearless-restart-fay.timer', 'tearless-restart-fay.service'),
      ],
    });
    assert.deepEqual(found, []);
  });
});

describe('drop-ins', () => {
  const path = '/etc/systemd/system/tor@ada.service.d';
  it('with nothing but the allocator go whole', () => {
    const [leaving, ...others] = discover({ units: { 'tor@ada.service.d/allocator.conf': preload(jemalloc) } });
    assert.deepEqual(others, []);
    assert.equal(leaving?.id, `h1:${path}/allocator.conf`);
    assert.deepEqual(leaving?.action, { kind: 'drop-in', after: null });
    assert.equal(leaving?.verdict, 'remove');
    assert.match(leaving?.evidence[0] ?? '', /ada is in arm A \(jemalloc 5\.3\.0\), which preloads .*libjemalloc/);
  });

  it('with User= and other variables lose one variable and no other byte', () => {
    const text = `# site\n[Service]\nUser=_tor-ada\nEnvironment="NOTE=two words" "LD_PRELOAD=${jemalloc}"  LANG=C\nExecStart=\n`;
    const [leaving] = discover({ units: { 'tor@ada.service.d/override.conf': text } });
    assert.deepEqual(leaving?.action, {
      kind: 'drop-in',
      after: '# site\n[Service]\nUser=_tor-ada\nEnvironment="NOTE=two words" LANG=C\nExecStart=\n',
    });
    assert.equal(leaving?.line, 4);
  });

  it('without an allocator are not seen at all', () => {
    assert.deepEqual(discover({ units: { 'tor@ada.service.d/override.conf': '[Service]\nUser=_tor-ada\n' } }), []);
  });

  it('of a relay in another arm go with that arm named; of a stranger, or of no arm, they are only shown', () => {
    const found = discover({
      units: {
        'tor@zoe.service.d/allocator.conf': preload(jemalloc),
        'tor@kim.service.d/allocator.conf': preload(jemalloc),
        'tor@bea.service.d/allocator.conf': preload('/usr/local/lib/libother.so'),
        'tor@dan.service.d/allocator.conf': '[Service]\nEnvironment=MALLOC_ARENA_MAX=2\n',
      },
    });
    assert.deepEqual(
      found.map(({ relay, verdict }) => `${relay} ${verdict}`),
      ['h1/bea ask', 'h1/dan ask', 'h1/zoe remove', 'h1/kim ask'],
    );
    assert.match(found[2]?.evidence[0] ?? '', /is in arm Z \(control\), and carries what arm A/);
  });

  it('that hold for other units too, or continue lines, are for a person’s hand', () => {
    const found = discover({
      units: {
        'tor@.service.d/all.conf': preload(jemalloc),
        'tor@bea.service.d/x.conf': `[Service]\nEnvironment=LD_PRELOAD=${jemalloc} \\\n  LANG=C\n`,
      },
    });
    assert.deepEqual(
      found.map(({ verdict }) => verdict),
      ['by-hand', 'by-hand'],
    );
  });
});

describe('torrc options', () => {
  it('are found where tor reads them, with the arm that gave them', () => {
    const found = discover({
      torrc: { dan: 'MaxConsensusAgeForDiffs 14400\n', eve: 'maxconsensusagefordiffs 8 hours\n' },
    });
    assert.deepEqual(
      found.map(({ id, verdict, path, line }) => ({ id, verdict, path, line })),
      [
        { id: 'h1/dan:MaxConsensusAgeForDiffs', verdict: 'remove', path: '/etc/tor/instances/dan/torrc', line: 3 },
        { id: 'h1/eve:MaxConsensusAgeForDiffs', verdict: 'remove', path: '/etc/tor/instances/eve/torrc', line: 3 },
      ],
    );
  });

  it('of another value or another arm are shown and not taken', () => {
    const found = discover({
      torrc: { dan: 'MaxConsensusAgeForDiffs 7200\n', zoe: 'MaxConsensusAgeForDiffs 14400\n' },
    });
    assert.deepEqual(
      found.map(({ verdict }) => verdict),
      ['ask', 'ask'],
    );
    assert.deepEqual(found[1]?.evidence, [
      'h1/zoe is in arm Z (control), which did not set it',
      'arm D (consensus-4h) gave the same value',
    ]);
  });

  it('that the configuration declares are the configuration’s', () => {
    const found = discover({ torrc: { dan: 'MaxConsensusAgeForDiffs 14400\n' } }, (relay) => relay === 'h1/dan');
    assert.deepEqual(found, []);
  });

  it('of an earlier experiment are shown apart', () => {
    const found = discover({ torrc: { zoe: 'DirCache 0\n', kim: 'DirCache 0\nORPort 9001\n' } });
    assert.deepEqual(
      found.map(({ id, origin, verdict }) => `${id} ${origin} ${verdict}`),
      ['h1/zoe:DirCache earlier ask', 'h1/kim:DirCache earlier ask'],
    );
    assert.match(found[0]?.evidence[0] ?? '', /2 of 8 relays of h1 have it: the others do not set it/);
  });

  it('that most relays have are what they have in common', () => {
    const torrc = Object.fromEntries(relays.map((relay) => [relay, 'DirCache 0\n']));
    assert.deepEqual(discover({ torrc }), []);
  });
});

describe('jobs of cron', () => {
  const table = '/var/spool/cron/crontabs/krim';
  const name = '2025-12-26-co-unified-memory-test';
  const judge = (line: string): string => discover({ cron: { [table]: `${line}\n` } })[0]?.verdict ?? 'none';
  const cases: readonly (readonly [string, string])[] = [
    [`0 */6 * * * /home/krim/tools/collect.sh --output /home/krim/reports/${name}/memory_measurements.csv`, 'remove'],
    [`0 5 * * * cd /home/krim/reports/${name} && python3 chart-memory.py`, 'remove'],
    [`0 5 * * * /home/krim/reports/${name}/chart.sh`, 'remove'],
    [`0 5 * * * python3 "/home/krim/reports/${name}/chart-bandwidth.py" >/dev/null`, 'remove'],
    ['@daily /opt/collect.sh --experiment co-unified-memory-test', 'remove'],
    [`0 5 * * * rsync -a /home/krim/reports/${name}/ backup:/srv/`, 'ask'],
    [`0 5 * * * cd /home/krim/reports/${name} && tar -czf /srv/a.tgz .`, 'ask'],
    ['0 5 * * * /usr/local/bin/report --title not-the-co-unified-memory-test-at-all', 'ask'],
    [`0 5 * * * /usr/local/bin/report # see ${name}`, 'ask'],
    ['0 5 * * * /usr/local/bin/other', 'none'],
  ];
  for (const [line, verdict] of cases) it(`${verdict}: ${line}`, () => assert.equal(judge(line), verdict));

  it('of a table of the system have their user before the command', () => {
    const text = `0 5 * * * root /home/krim/reports/${name}/chart.sh\n`;
    assert.deepEqual(brief(discover({ cron: { '/etc/cron.d/charts': text, '/etc/crontab': text } })), [
      'remove h1:/etc/cron.d/charts:1',
      'by-hand h1:/etc/crontab:1',
    ]);
  });
});
