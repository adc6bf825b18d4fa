// What can go wrong, put into a clean experiment at a stated size, one thing each. The sizes are those that the audit
// must find in at least four of five experiments.
import type { Conclusion } from '../../packages/tearless/src/experiments/audit/conclusion.ts';
import type { FindingCode } from '../../packages/tearless/src/experiments/audit/finding.ts';
import type { BuiltExperiment } from '../../packages/tearless/src/experiments/testing/build-measurements.ts';
import type { Random } from '../../packages/tearless/src/stats/random/random.ts';
import { shuffle } from '../../packages/tearless/src/stats/random/shuffle.ts';
import {
  dayMs,
  describeFleet,
  type Fleet,
  hourMs,
  type MutableRelay,
  regrown,
  sampleEveryMs,
  startMs,
} from './fleet.ts';

export interface Planted {
  readonly experiment: BuiltExperiment;
  readonly conclusion?: Conclusion;
  /** What the finding must name to count: exactly these relays, this arm. */
  readonly relays?: readonly string[];
  readonly arm?: string;
}

export interface Plant {
  readonly code: FindingCode;
  /** How much of it, in words for the docs. */
  readonly size: string;
  readonly plant: (fleet: Fleet, random: Random) => Planted;
}

const inArm = ({ relays }: Fleet, arm: string): MutableRelay[] => relays.filter((relay) => relay.arm === arm);

const some = <T>(items: readonly T[], count: number, random: Random): T[] => shuffle(items, random).slice(0, count);

/** An arm that is neither control nor restarted on a schedule. */
const plainArm = ({ arms }: Fleet, random: Random): string =>
  some(
    arms.filter(({ id, restartHours }) => id !== 'Z' && restartHours === undefined),
    1,
    random,
  )[0]?.id ?? '';

const scale = (relay: MutableRelay, factor: (index: number) => number): void => {
  for (const column of [relay.rssKib, relay.peakKib])
    for (let index = 0; index < column.length; index++)
      column[index] = Math.round((column[index] ?? 0) * factor(index));
};

/** Takes samples out of every column. */
const cut = (relay: MutableRelay, keep: (index: number) => boolean): void => {
  for (const column of [relay.atMs, relay.rssKib, relay.virtualKib, relay.peakKib, relay.labels] as unknown[][]) {
    const kept = column.filter((_, index) => keep(index));
    column.splice(0, column.length, ...kept);
  }
};

/** A new process at sample `index`: memory and its peak begin again. */
const restartAt = (relay: MutableRelay, index: number): void => {
  let peakKib = 0;
  for (let place = index; place < relay.rssKib.length; place++) {
    const ageHours = ((relay.atMs[place] ?? 0) - (relay.atMs[index] ?? 0)) / hourMs + 0.5;
    const rssKib = Math.round((relay.rssKib[place] ?? 0) * regrown(ageHours));
    peakKib = Math.max(peakKib, rssKib);
    relay.rssKib[place] = rssKib;
    relay.peakKib[place] = peakKib;
  }
};

const namesOf = (relays: readonly MutableRelay[]): string[] => relays.map(({ id }) => id);

const withoutFlags = (relay: MutableRelay, lost: readonly string[]): void => {
  for (const sighting of relay.flags) sighting.flags = sighting.flags.filter((flag) => !lost.includes(flag));
};

const factPlants: readonly Plant[] = [
  {
    code: 'duplicate-row',
    size: 'one row twice',
    plant: (fleet, random) => {
      const [relay] = some(fleet.relays, 1, random);
      const atMs = relay?.atMs[5] ?? 0;
      const problem = {
        code: 'duplicate-row',
        file: 'memory.csv',
        line: 700,
        message: '',
        same: true,
        rows: 1,
      } as const;
      const problems = [{ ...problem, relay: relay?.id ?? '', atMs }];
      return { experiment: { ...describeFleet(fleet), problems }, relays: [relay?.id ?? ''] };
    },
  },
  {
    code: 'gap',
    size: 'one sample of all relays missing',
    plant: (fleet, random) => {
      const missing = 5 + random.below(50);
      for (const relay of fleet.relays) cut(relay, (index) => index !== missing);
      return { experiment: describeFleet(fleet) };
    },
  },
  {
    code: 'missing-relay',
    size: 'one relay gone for the last 12 hours',
    plant: (fleet, random) => {
      const gone = some(fleet.relays, 1, random);
      for (const relay of gone) cut(relay, (index) => index < fleet.instants.length - 2);
      return { experiment: describeFleet(fleet), relays: namesOf(gone) };
    },
  },
  {
    code: 'identity',
    size: 'the process of one relay measured for two in three of four samples',
    plant: (fleet, random) => {
      const [one, other] = some(fleet.relays, 2, random);
      if (one !== undefined && other !== undefined)
        for (const index of one.rssKib.keys())
          if (index % 4 !== 0) {
            other.rssKib[index] = one.rssKib[index] ?? 0;
            other.virtualKib[index] = one.virtualKib[index] ?? 0;
          }
      return { experiment: describeFleet(fleet), relays: [one?.id ?? '', other?.id ?? ''] };
    },
  },
  {
    code: 'server-renamed',
    size: 'another name from one instant on',
    plant: (fleet, random) => {
      const at = 10 + random.below(40);
      const last = fleet.instants.length - 1;
      const span = (server: string, from: number, to: number) => ({
        server,
        fromMs: fleet.instants[from] ?? 0,
        toMs: fleet.instants[to] ?? 0,
        rows: (to - from + 1) * fleet.relays.length,
      });
      return { experiment: { ...describeFleet(fleet), servers: [span('co', 0, at - 1), span('open', at, last)] } };
    },
  },
];

const methodPlants: readonly Plant[] = [
  {
    code: 'dependent-samples',
    size: 'a conclusion that counts samples',
    plant: (fleet) => ({ experiment: describeFleet(fleet), conclusion: { method: 'mean', unit: 'sample' } }),
  },
  {
    code: 'multiple-comparison',
    size: 'a conclusion over all arms without correction',
    plant: (fleet) => ({ experiment: describeFleet(fleet), conclusion: { method: 'mean', correction: 'none' } }),
  },
  { code: 'single-host', size: 'one host', plant: (fleet) => ({ experiment: describeFleet(fleet) }) },
  {
    code: 'treatment-unproven',
    size: 'one arm whose relays had glibc loaded in one sample of ten',
    plant: (fleet, random) => {
      const proofs = fleet.arms.map(({ config }) => ({
        allocator: config.allocator ?? 'glibc',
        path: `/usr/lib/lib${config.allocator ?? 'c'}.so`,
      }));
      const glibc = proofs.length;
      const arm = fleet.arms.find(({ id, config }) => id !== 'Z' && config.allocator !== undefined)?.id;
      const relays = fleet.relays.map((relay) => ({
        ...relay,
        proof: relay.atMs.map(() =>
          relay.arm === arm && random.uniform() < 0.1 ? glibc : fleet.arms.findIndex(({ id }) => id === relay.arm),
        ),
      }));
      const loaded = [...proofs, { allocator: 'glibc', path: '/usr/lib/libc.so.6' }];
      return { experiment: { ...describeFleet(fleet), relays, proofs: loaded }, ...(arm === undefined ? {} : { arm }) };
    },
  },
];

const inferencePlants: readonly Plant[] = [
  {
    code: 'carry-over',
    size: '3 of 10 relays of one arm with 40 % less memory, nothing else tells',
    plant: (fleet, random) => {
      const low = some(inArm(fleet, plainArm(fleet, random)), 3, random);
      for (const relay of low) scale(relay, () => 0.6);
      return { experiment: describeFleet(fleet), relays: namesOf(low) };
    },
  },
  {
    code: 'carry-over',
    size: '2 of 10 relays of one arm with 20 % less memory and no V2Dir, Guard and HSDir flags',
    plant: (fleet, random) => {
      const low = some(inArm(fleet, plainArm(fleet, random)), 2, random);
      for (const relay of low) {
        scale(relay, () => 0.8);
        withoutFlags(relay, ['V2Dir', 'Guard', 'HSDir']);
      }
      return { experiment: describeFleet(fleet), relays: namesOf(low) };
    },
  },
  {
    code: 'carry-over',
    size: '3 of 10 relays of one arm without the V2Dir flag, their memory like that of the others',
    plant: (fleet, random) => {
      const other = some(inArm(fleet, plainArm(fleet, random)), 3, random);
      for (const relay of other) withoutFlags(relay, ['V2Dir', 'Guard']);
      return { experiment: describeFleet(fleet), relays: namesOf(other) };
    },
  },
  {
    code: 'carry-over',
    size: 'one relay of an arm that the list of relays says to have another setting',
    plant: (fleet, random) => {
      const [left] = some(inArm(fleet, plainArm(fleet, random)), 1, random);
      const experiment = describeFleet(fleet);
      const relays = experiment.relays.map((relay) =>
        relay.id === left?.id
          ? { ...relay, settings: { ...relay.settings, dircache: '0' } }
          : { ...relay, settings: { ...relay.settings, dircache: '1' } },
      );
      return { experiment: { ...experiment, relays }, relays: [left?.id ?? ''] };
    },
  },
  {
    code: 'unequal-start',
    size: 'one arm restarted between the first two samples, the others three days older',
    plant: (fleet, random) => {
      const arm = plainArm(fleet, random);
      for (const relay of inArm(fleet, arm)) restartAt(relay, 1);
      return { experiment: describeFleet(fleet), arm };
    },
  },
  {
    code: 'unequal-start',
    size: 'one arm started just before the first sample, the others three days older',
    plant: (fleet, random) => {
      const arm = plainArm(fleet, random);
      for (const relay of inArm(fleet, arm)) restartAt(relay, 0);
      return { experiment: describeFleet(fleet), arm };
    },
  },
  {
    code: 'warm-up',
    size: 'all relays 15 % below their plateau at first, half of it gone after 12 hours',
    plant: (fleet) => {
      for (const relay of fleet.relays)
        scale(relay, (index) => 1 - 0.15 * 0.5 ** ((index * sampleEveryMs) / (12 * hourMs)));
      return { experiment: describeFleet(fleet) };
    },
  },
  {
    code: 'snapshot-conclusion',
    size: 'a conclusion from one instant with arms restarted every 24, 48 and 72 hours',
    plant: (fleet, random) => ({
      experiment: describeFleet(fleet),
      conclusion: { method: 'snapshot', instant: startMs + Math.floor(8 * dayMs * (1 + random.uniform())) },
    }),
  },
  {
    code: 'arm-changed',
    size: '2 relays labelled with another arm from one instant on',
    plant: (fleet, random) => {
      const from = 10 + random.below(40);
      const changed = some(fleet.relays, 2, random);
      for (const relay of changed) relay.labels.fill(relay.arm === 'Z' ? 'F' : 'Z', from);
      return { experiment: describeFleet(fleet), relays: namesOf(changed) };
    },
  },
  {
    code: 'arm-changed',
    size: '8 of 10 relays of one arm restarted, and so treated, only days after their rows name the arm',
    plant: (fleet, random) => {
      const at = 12 + random.below(40);
      const arm = plainArm(fleet, random);
      for (const relay of some(inArm(fleet, arm), 8, random)) restartAt(relay, at);
      return { experiment: describeFleet(fleet), arm };
    },
  },
  {
    code: 'not-randomised',
    size: 'arms given out in alphabetical runs of 5 relays',
    plant: (fleet) => {
      const pattern = [0, 1].flatMap(() => fleet.arms.flatMap(({ id }) => Array.from({ length: 5 }, () => id)));
      // Names move, memory stays: only the order of names tells.
      const names = fleet.relays.map(({ id }) => id).sort();
      const free = new Map(fleet.arms.map(({ id }) => [id, inArm(fleet, id)]));
      for (const [index, arm] of pattern.entries()) {
        const relay = free.get(arm)?.pop();
        if (relay !== undefined) Object.assign(relay, { id: names[index] ?? '' });
      }
      return { experiment: describeFleet(fleet) };
    },
  },
  {
    code: 'not-randomised',
    size: 'two arms whose relays carry three times the traffic',
    plant: (fleet, random) => {
      const rich = some(fleet.arms, 2, random).map(({ id }) => id);
      for (const relay of fleet.relays)
        if (rich.includes(relay.arm)) for (const day of relay.traffic) day.writtenBps *= 3;
      return { experiment: describeFleet(fleet) };
    },
  },
  {
    code: 'counter-dip',
    size: 'VmHWM of one arm 3 % lower than before in one sample of fifty',
    plant: (fleet, random) => {
      const arm = plainArm(fleet, random);
      for (const relay of inArm(fleet, arm))
        for (const index of relay.peakKib.keys())
          if (index > 0 && random.uniform() < 0.02)
            relay.peakKib[index] = Math.round(0.97 * (relay.peakKib[index - 1] ?? 0));
      return { experiment: describeFleet(fleet), arm };
    },
  },
];

export const plants: readonly Plant[] = [...factPlants, ...methodPlants, ...inferencePlants];
