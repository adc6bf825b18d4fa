// Causes of a contaminated arm that do not depend on memory during the experiment: flags that a setting takes away,
// settings that a list of relays tells, the build-id of the loaded allocator, memory before the start. Each is a rule that
// can be put to every arm alike: which of its relays differ from most of the arm?

import { fewestRelays } from '../../../stats/arm/estimate.ts';
import { at } from '../../../stats/check.ts';
import { lowCluster } from '../../../stats/hypothesis/low-cluster.ts';
import { median } from '../../../stats/series/select.ts';
import { bytesPerKib } from '../../analysis/own-series.ts';
import { missingKib, noProof } from '../../model/measurements.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import { formatBytes, formatInstant } from '../wording.ts';

export interface Cause {
  /** Names the rule: `flags/Guard,HSDir,V2Dir`, `setting/dircache`. */
  readonly rule: string;
  /** Places in `arm.members`, ascending: never more than half of them. */
  readonly members: readonly number[];
  /** For one relay: `no V2Dir flag in any of 2 sightings, which most of the arm have`. */
  readonly words: (member: number) => string;
  /**
   * How often a clean relay looks like this for another reason; undefined where it proves nothing without a cluster of
   * low memory beside it.
   */
  readonly strayRate: number | undefined;
}

/** `DirCache 0` takes V2Dir away and nothing else does for long; the others follow from it, or from age and bandwidth. */
const flagsOfSettings = ['V2Dir', 'Guard', 'HSDir'] as const;
const strayV2Dir = 0.005;
/** A list that states another setting, or a build-id that differs, is taken at its word. */
const strayStatement = 1e-6;

const isMinority = (members: readonly number[], arm: ArmView): boolean =>
  members.length > 0 && 2 * members.length <= arm.members.length;

/** Members that lack the flag in all of their sightings, where at least half of the arm have it. */
const lacking = ({ measurements }: AuditView, arm: ArmView, flag: string): number[] => {
  const never: number[] = [];
  let having = 0;
  for (const [member, { index }] of arm.members.entries()) {
    const seen = measurements.flags[index] ?? [];
    if (seen.length === 0) continue;
    const held = seen.filter(({ flags }) => flags.includes(flag)).length;
    if (held === 0) never.push(member);
    else if (2 * held > seen.length) having += 1;
  }
  return 2 * having >= arm.members.length && isMinority(never, arm) ? never : [];
};

const flagCauses = (view: AuditView, arm: ArmView): Cause[] => {
  const byMembers = Map.groupBy(
    flagsOfSettings
      .map((flag) => ({ flag, members: lacking(view, arm, flag) }))
      .filter(({ members }) => members.length > 0),
    ({ members }) => members.join(),
  );
  return [...byMembers.values()].map((alike): Cause => {
    const flags = alike.map(({ flag }) => flag).sort();
    return {
      rule: `flags/${flags.join()}`,
      members: alike[0]?.members ?? [],
      words: (member) => {
        const seen = view.measurements.flags[arm.members[member]?.index ?? -1] ?? [];
        const days = [...new Set(seen.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 10)))];
        return `no ${flags.join(', ')} flag${flags.length === 1 ? '' : 's'} on ${days.join(', ')} while most of the arm ${flags.length === 1 ? 'has it' : 'have them'}`;
      },
      strayRate: flags.includes('V2Dir') ? strayV2Dir : undefined,
    };
  });
};

/** Members whose text differs from that of more than half of the arm. */
const differing = (
  texts: readonly (string | undefined)[],
  arm: ArmView,
): { usual: string; members: number[] } | undefined => {
  const known = texts.filter((text) => text !== undefined);
  const [usual, alike] = [...Map.groupBy(known, (text) => text)].reduce<[string, readonly string[]]>(
    (a, b) => (b[1].length > a[1].length ? b : a),
    ['', []],
  );
  if (2 * alike.length <= arm.members.length) return undefined;
  const members = [...texts.keys()].filter((member) => texts[member] !== undefined && texts[member] !== usual);
  return isMinority(members, arm) ? { usual, members } : undefined;
};

const settingCauses = ({ measurements }: AuditView, arm: ArmView): Cause[] => {
  const settings = arm.members.map(({ index }) => measurements.relays[index]?.settings ?? {});
  const columns = [...new Set(settings.flatMap((own) => Object.keys(own)))].sort();
  return columns.flatMap((column): Cause[] => {
    const texts = settings.map((own) => own[column]);
    const found = differing(texts, arm);
    if (found === undefined) return [];
    return [
      {
        rule: `setting/${column}`,
        members: found.members,
        words: (member) => `${column} is ‘${texts[member] ?? ''}’ where most of the arm say ‘${found.usual}’`,
        // Notes are free text: one relay's may differ for any reason.
        strayRate: column === 'notes' ? undefined : strayStatement,
      },
    ];
  });
};

const buildIdCauses = ({ measurements: { samples, proofs } }: AuditView, arm: ArmView): Cause[] => {
  const loaded = arm.members.map(({ index }) => {
    const own = samples[index];
    const counts = new Map<number, number>();
    const first = own?.arm.indexOf(arm.index) ?? -1;
    for (let place = Math.max(0, first); own !== undefined && place < own.proof.length; place++) {
      const proof = at(own.proof, place);
      if (proof !== noProof) counts.set(proof, (counts.get(proof) ?? 0) + 1);
    }
    const usual = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [noProof, 0] as [number, number])[0];
    const proof = proofs[usual];
    return proof === undefined ? undefined : `${proof.allocator} ${proof.buildId ?? proof.version ?? proof.path}`;
  });
  const found = differing(loaded, arm);
  if (found === undefined) return [];
  return [
    {
      rule: 'build-id',
      members: found.members,
      words: (member) => `had ${loaded[member] ?? ''} loaded where most of the arm had ${found.usual}`,
      strayRate: strayStatement,
    },
  ];
};

const memoryBeforeCauses = (view: AuditView, arm: ArmView): Cause[] => {
  const startMs = Math.max(arm.fromMs, view.measurements.info.startMs ?? arm.fromMs);
  const before = arm.members.map(({ index }) => {
    const own = view.measurements.samples[index];
    const values: number[] = [];
    for (let place = 0; own !== undefined && place < own.atMs.length && at(own.atMs, place) < startMs; place++)
      if (own.rssKib[place] !== missingKib) values.push(at(own.rssKib, place));
    return values.length === 0 ? undefined : median(values);
  });
  const known = before.filter((value) => value !== undefined);
  if (known.length !== before.length || known.length < fewestRelays) return [];
  const { members, p } = lowCluster(known, view.lowClusterChance(known.length));
  if (p >= 0.01 || !isMinority(members, arm)) return [];
  return [
    {
      rule: 'memory-before-start',
      members: [...members].sort((a, b) => a - b),
      words: (member) =>
        `${formatBytes((before[member] ?? 0) * bytesPerKib)} before ${formatInstant(startMs)}, apart from the rest of the arm already then`,
      strayRate: undefined,
    },
  ];
};

export const causesIn = (view: AuditView, arm: ArmView): Cause[] => [
  ...flagCauses(view, arm),
  ...settingCauses(view, arm),
  ...buildIdCauses(view, arm),
  ...memoryBeforeCauses(view, arm),
];
