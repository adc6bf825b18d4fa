// The experiment that was published, set up on a host as its scripts did it: all of it is found, and nothing else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Arm } from '../model/experiment.ts';
import { chooseLeavings } from './choose.ts';
import { discoverLeavings } from './discover.ts';
import { readTreatments } from './ended-experiment.ts';
import { planRemoval } from './plan-removal.ts';
import { preload, restartTemplate, restartTimer, sampleHost, timerOf } from './testing/sample-host.ts';

const published = new URL('../import/testdata/published/', import.meta.url);
const info = JSON.parse(readFileSync(new URL('experiment.json', published), 'utf8')) as {
  id: string;
  groups: Record<string, { name: string; config: Arm['config'] }>;
};
const arms = Object.entries(info.groups).map(([id, { name, config }]): Arm => ({ id, name, config }));
const rows = readFileSync(new URL('relay_config.csv', published), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','));
const armOf = new Map(rows.map(([, nickname = '', arm]) => [nickname, arm]));
const others = Array.from({ length: 142 - armOf.size }, (_, index) => `other${index}`);
const relays = [...armOf.keys(), ...others];
const treatments = readTreatments({ arms });

const setUp = () => {
  const units: Record<string, string> = { 'tor-restart@.service': restartTemplate };
  const torrc: Record<string, string> = {};
  const timers = relays.flatMap((relay) => {
    const treatment = treatments.get(armOf.get(relay) ?? '');
    const lines = [...(treatment?.options ?? [])].map(([name, value]) => `${name} ${value}\n`);
    // What an earlier experiment forgot on six relays.
    torrc[relay] = `NumCPUs 2\n${lines.join('')}${relays.indexOf(relay) % 25 === 3 ? 'DirCache 0\n' : ''}`;
    if (treatment?.library !== undefined) units[`tor@${relay}.service.d/allocator.conf`] = preload(treatment.library);
    if (treatment?.restartEverySeconds === undefined) return [];
    units[`tor-restart-${relay}.timer`] = restartTimer(relay, `${treatment.restartEverySeconds / 3600}h`);
    return [timerOf(`tor-restart-${relay}.timer`, `tor-restart@${relay}.service`)];
  });
  return sampleHost({ relays, units, torrc, timers });
};

describe('the published experiment', () => {
  const found = discoverLeavings({
    experiment: { id: info.id, arms, armOf: new Map([...armOf].map(([relay, arm]) => [`h1/${relay}`, arm])) },
    hosts: [setUp()],
    isDeclared: () => false,
  });
  const count = (kind: string, verdict: string): number =>
    found.filter((each) => each.action.kind === kind && each.verdict === verdict).length;

  it('left thirty timers with their files, forty drop-ins and twenty options, and six settings are older', () => {
    assert.equal(count('timer', 'remove'), 30);
    assert.equal(count('unit-file', 'remove'), 31);
    assert.equal(count('drop-in', 'remove'), 40);
    assert.equal(count('option', 'remove'), 20);
    const asked = found.filter(({ verdict }) => verdict === 'ask');
    assert.equal(asked.length, 6);
    assert.ok(asked.every(({ origin, text }) => origin === 'earlier' && text === 'DirCache 0'));
  });

  it('touches sixty relays by its removal, and six more where a person says so', () => {
    assert.equal(planRemoval(info.id, found).relays.size, 60);
    const all = planRemoval(info.id, chooseLeavings(found, { leave: [], remove: ['earlier'] })).relays;
    const forgotten = [...all.values()].filter(({ forgetOptions = [] }) => forgetOptions.includes('DirCache'));
    assert.equal(forgotten.length, 6);
  });
});
