// Which relays an experiment may take: those that run and resemble the fleet. Each one left out is named with its reason.
import type { ExperimentLayer } from '../../config/experiments.ts';
import { hsDirUptimeHours } from '../../daemon/flags.ts';
import { type Candidate, majorityOf, type Obstacle } from './candidate.ts';
import { findOddDropIns, findOddSettings, findRestartCron, findRestartTimers } from './leftovers.ts';

export interface Eligibility {
  readonly eligible: readonly Candidate[];
  /** Of relays that are left out, in the fleet's order; a relay may have several. */
  readonly obstacles: readonly Obstacle[];
  /** Of relays that are taken all the same. */
  readonly notes: readonly Obstacle[];
}

const hour = 3_600_000;
/** Ages are unequal where one is this many times the other... */
const ageRatio = 4;
/** ...and they differ by more than this. */
const ageDifferenceMs = 24 * hour;

export const ageMsOf = ({ facts, instance }: Candidate): number =>
  Math.max(0, facts.hostTimeMs - instance.activeEnterMs);

const renderAge = (ms: number): string => {
  const hours = ms / hour;
  return hours >= 48 ? `${Math.round(hours / 24)} days` : `${Math.round(hours)} h`;
};

const findIdle = (candidates: readonly Candidate[]): Obstacle[] =>
  candidates.flatMap(({ relay, instance }): Obstacle[] =>
    instance.activeState === 'active' && instance.process !== undefined
      ? []
      : [{ relay: relay.id, code: 'not-running', reason: `${instance.unit} is ${instance.activeState}` }],
  );

const findBusy = (candidates: readonly Candidate[], layers: ReadonlyMap<string, ExperimentLayer>): Obstacle[] =>
  candidates.flatMap(({ relay }): Obstacle[] => {
    const layer = layers.get(relay.id);
    return layer === undefined
      ? []
      : [{ relay: relay.id, code: 'busy', reason: `it is in arm '${layer.arm}' of experiment '${layer.experiment}'` }];
  });

const watched = ['V2Dir', 'HSDir', 'Guard'] as const;

/**
 * V2Dir is lost by a setting, and HSDir needs uptime alone: missing where most have it, something is set or done
 * otherwise. Guard depends on bandwidth and time: relays without it are matched with one another.
 */
const findMissingFlags = (candidates: readonly Candidate[]): { obstacles: Obstacle[]; notes: Obstacle[] } => {
  const obstacles: Obstacle[] = [];
  const notes: Obstacle[] = [];
  const known = candidates.filter(({ flags }) => flags?.has('Running') === true);
  for (const flag of watched) {
    const common = majorityOf(known.map(({ flags }) => flags?.has(flag) === true));
    if (common?.value !== true) continue;
    for (const candidate of known) {
      if (candidate.flags?.has(flag) === true) continue;
      const isYoung = ageMsOf(candidate) < hsDirUptimeHours * hour;
      const found: Obstacle = {
        relay: candidate.relay.id,
        code: 'missing-flags',
        reason: `has not got ${flag}, while ${common.count} of ${common.of} have${flag === 'HSDir' ? `, and runs for ${renderAge(ageMsOf(candidate))}` : ''}`,
      };
      if (flag === 'V2Dir' || (flag === 'HSDir' && !isYoung)) obstacles.push(found);
      else notes.push(found);
    }
  }
  return { obstacles, notes };
};

const versionOf = ({ facts }: Candidate): string => facts.torVersion ?? 'an unknown version';

/** All are restarted at the start, so it is the installed tor that counts. */
const findOtherVersions = (candidates: readonly Candidate[]): Obstacle[] => {
  const common = majorityOf(candidates.map(versionOf));
  return candidates.flatMap((candidate): Obstacle[] => {
    const version = versionOf(candidate);
    if (common === undefined || version === common.value) return [];
    const reason = `${candidate.relay.host} has tor ${version}, while ${common.count} of ${common.of} have ${common.value}`;
    return [{ relay: candidate.relay.id, code: 'tor-version', reason }];
  });
};

const findUnequalAges = (candidates: readonly Candidate[]): Obstacle[] => {
  const ages = candidates.map(ageMsOf).sort((a, b) => a - b);
  const median = ages[Math.floor(ages.length / 2)] ?? 0;
  return candidates.flatMap((candidate): Obstacle[] => {
    const age = ageMsOf(candidate);
    const [short, long] = age < median ? [age, median] : [median, age];
    return long - short > ageDifferenceMs && long > ageRatio * short
      ? [
          {
            relay: candidate.relay.id,
            code: 'unequal-age',
            reason: `runs for ${renderAge(age)}, half of the fleet for ${renderAge(median)} or more: its memory before the start tells less`,
          },
        ]
      : [];
  });
};

/**
 * @param candidates every relay that was selected and seen
 * @param layers experiments under way, by relay
 */
export const judgeEligibility = (
  candidates: readonly Candidate[],
  layers: ReadonlyMap<string, ExperimentLayer>,
): Eligibility => {
  const flags = findMissingFlags(candidates);
  const settings = findOddSettings(candidates);
  const found = [
    ...findIdle(candidates),
    ...findBusy(candidates, layers),
    ...settings.obstacles,
    ...findOddDropIns(candidates),
    ...findRestartTimers(candidates),
    ...findRestartCron(candidates),
    ...flags.obstacles,
    ...findOtherVersions(candidates),
  ];
  const left = new Set(found.map(({ relay }) => relay));
  const order = new Map(candidates.map(({ relay }, index) => [relay.id, index]));
  const inOrder = (obstacles: readonly Obstacle[]): Obstacle[] =>
    [...obstacles].sort((a, b) => (order.get(a.relay) ?? 0) - (order.get(b.relay) ?? 0));
  const eligible = candidates.filter(({ relay }) => !left.has(relay.id));
  const kept = [...settings.notes, ...flags.notes].filter(({ relay }) => !left.has(relay));
  const notes = [...kept, ...findUnequalAges(eligible)];
  return { eligible, obstacles: inOrder(found), notes: inOrder(notes) };
};
