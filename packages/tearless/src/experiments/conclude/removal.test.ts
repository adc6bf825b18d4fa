// What was found, what a person said of it, and what the plan makes of both.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseLeavings } from './choose.ts';
import { discoverLeavings } from './discover.ts';
import { planRemoval } from './plan-removal.ts';
import {
  preload,
  restartTemplate,
  restartTimer,
  sampleExperiment,
  sampleHost,
  timerOf,
} from './testing/sample-host.ts';

const name = '2025-12-26-co-unified-memory-test';
const table = '/var/spool/cron/crontabs/krim';
const found = discoverLeavings({
  experiment: sampleExperiment({ ada: 'A', dan: 'D', fay: 'F', gus: 'F', zoe: 'Z' }),
  hosts: [
    sampleHost({
      relays: ['ada', 'dan', 'fay', 'gus', 'zoe', 'kim', 'lou', 'mia'],
      torrc: { dan: 'MaxConsensusAgeForDiffs 14400\n', zoe: 'DirCache 0\n' },
      units: {
        'tor@ada.service.d/allocator.conf': preload('/usr/lib/x86_64-linux-gnu/libjemalloc.so.2'),
        'tor@kim.service.d/allocator.conf': preload('/usr/lib/x86_64-linux-gnu/libjemalloc.so.2'),
        'tor-restart@.service': restartTemplate,
        'tor-restart-fay.timer': restartTimer('fay', '24h'),
        'tor-restart-gus.timer': restartTimer('gus', '24h'),
      },
      timers: ['fay', 'gus'].map((relay) => timerOf(`tor-restart-${relay}.timer`, `tor-restart@${relay}.service`)),
      cron: {
        [table]: `# mine\n0 6 * * * /x/${name}/collect.sh\n0 7 * * * backup --of not-${name}\n0 8 * * * /x/${name}/collect.sh\n`,
      },
    }),
  ],
  isDeclared: () => false,
});
const choose = (leave: string[] = [], remove: string[] = []) => chooseLeavings(found, { leave, remove });

describe('a plan of removal', () => {
  it('takes what is sure, and only that', () => {
    const { relays, before = [] } = planRemoval(name, choose());
    assert.deepEqual([...relays.keys()], ['h1/ada', 'h1/dan']);
    assert.deepEqual(relays.get('h1/dan')?.forgetOptions, ['MaxConsensusAgeForDiffs']);
    assert.equal(relays.get('h1/ada')?.dropIns?.[0]?.text, null);
    assert.deepEqual(
      before.map(({ id, steps }) => [id, steps.map((step) => step.id)]),
      [
        [
          'h1/(experiment)',
          [
            'stop-tor-restart-fay.timer',
            'disable-tor-restart-fay.timer',
            'stop-tor-restart-gus.timer',
            'disable-tor-restart-gus.timer',
            'remove-tor-restart@.service',
            'remove-tor-restart-fay.timer',
            'remove-tor-restart-gus.timer',
            'cron-var-spool-cron-crontabs-krim',
            'reload-systemd',
          ],
        ],
      ],
    );
    assert.deepEqual(before[0]?.steps.find(({ kind }) => kind === 'cron.cut')?.params.lines, [
      { line: 2, text: `0 6 * * * /x/${name}/collect.sh` },
      { line: 4, text: `0 8 * * * /x/${name}/collect.sh` },
    ]);
  });

  it('keeps what a person wants kept, and the template that a kept timer needs', () => {
    const chosen = choose(['h1:tor-restart-gus.timer', `${table}:4`.replace(table, `h1:${table}`)]);
    const kept = chosen.filter(({ verdict }) => verdict === 'leave').map(({ id }) => id);
    assert.deepEqual(kept, [
      'h1:tor-restart-gus.timer',
      'h1:/etc/systemd/system/tor-restart@.service',
      'h1:/etc/systemd/system/tor-restart-gus.timer',
      `h1:${table}:4`,
    ]);
  });

  it('keeps the files of a timer that is not sure, and takes them with it where a person names it', () => {
    const strange = discoverLeavings({
      experiment: sampleExperiment({ fay: 'F' }),
      hosts: [
        sampleHost({
          relays: ['fay', 'kim'],
          units: { 'tor-restart-kim.timer': restartTimer('kim', '24h'), 'tor-restart@.service': restartTemplate },
          timers: [timerOf('tor-restart-kim.timer', 'tor-restart@kim.service')],
        }),
      ],
      isDeclared: () => false,
    });
    const verdicts = (remove: string[]) =>
      new Set(chooseLeavings(strange, { leave: [], remove }).map(({ verdict }) => verdict));
    assert.equal(strange.length, 3);
    assert.deepEqual([...verdicts([])], ['ask']);
    assert.deepEqual([...verdicts(['h1:tor-restart-kim.timer'])], ['remove']);
  });

  it('takes what a person names, also all that earlier ones forgot', () => {
    const { relays } = planRemoval(name, choose([], ['earlier', 'h1/kim']));
    assert.deepEqual(relays.get('h1/zoe')?.forgetOptions, ['DirCache']);
    assert.equal(relays.get('h1/kim')?.dropIns?.length, 1);
  });

  it('refuses names that fit nothing, and says what was meant', () => {
    assert.throws(() => choose(['h1:tor-restart-gis.timer']), {
      code: 'experiment-unknown-leaving',
      hint: /tor-restart-gus\.timer/,
    });
    assert.throws(() => choose([], ['nothing']), { code: 'experiment-unknown-leaving' });
  });

  it('is empty where nothing is left', () => {
    assert.deepEqual(planRemoval(name, []), { relays: new Map(), before: [], after: [] });
  });
});
