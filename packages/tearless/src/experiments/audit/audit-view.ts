// What the checks of an audit share: the arms with what their relays measured, read once. Pure; nothing is judged here.
import type { Random } from '../../stats/random/random.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import { thinSeries } from '../../stats/series/time-bins.ts';
import { type Cycle, findCycle } from '../analysis/cycle.ts';
import { type OwnSeries, ownSeries } from '../analysis/own-series.ts';
import { findRestarts, type Restart } from '../analysis/restarts.ts';
import type { Arm } from '../model/experiment.ts';
import type { Measurements } from '../model/measurements.ts';
import type { Conclusion } from './conclusion.ts';
import { type LowClusterChance, lowClusterChance } from './low-cluster-chance.ts';
import { plannedInterval } from './planned-interval.ts';

export interface AuditOptions {
  /** What somebody concluded from the data; without it, methods cannot be judged and are told as information. */
  readonly conclusion?: Conclusion | undefined;
  /** The same seed gives the same p values. */
  readonly seed?: string;
  /** Random assignments where not all can be gone through. */
  readonly permutations?: number;
}

export interface Member {
  /** Place in `measurements.relays`. */
  readonly index: number;
  readonly id: string;
  /** While under the arm's treatment, KiB. */
  readonly own: OwnSeries;
  /** The same in at most 512 points. */
  readonly curve: { readonly atMs: ArrayLike<number>; readonly values: ArrayLike<number> };
  /** All of the relay's restarts, also those before it came to the arm. */
  readonly restarts: readonly Restart[];
}

export interface ArmView {
  readonly arm: Arm;
  readonly id: string;
  /** Place in `info.arms`. */
  readonly index: number;
  /** Relays of the arm that have a sample under it. */
  readonly members: readonly Member[];
  /** First and last sample of any member under the arm. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Where its relays are restarted on a schedule. */
  readonly cycle: Cycle | undefined;
}

export interface AuditView {
  readonly measurements: Measurements;
  readonly conclusion: Conclusion | undefined;
  readonly permutations: number;
  /** Arms that have samples. */
  readonly arms: readonly ArmView[];
  /** The arm that others are compared with, where it has samples. */
  readonly control: ArmView | undefined;
  /** Distance of samples as planned, or the usual one; undefined where too few samples tell. */
  readonly everyMs: number | undefined;
  /** First and last sample of all. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly random: (use: string) => Random;
  readonly lowClusterChance: LowClusterChance;
}

const curvePoints = 512;

const viewArm = (measurements: Measurements, arm: Arm, index: number): ArmView | undefined => {
  const members = measurements.relays.flatMap((relay, place): Member[] => {
    const samples = measurements.samples[place];
    if (relay.arm !== arm.id || samples === undefined) return [];
    const own = ownSeries(samples, measurements.info, index);
    if (own.atMs.length === 0) return [];
    return [{ index: place, id: relay.id, own, curve: thinSeries(own, curvePoints), restarts: findRestarts(samples) }];
  });
  if (members.length === 0) return undefined;
  const fromMs = Math.min(...members.map(({ own }) => own.atMs[0] ?? Infinity));
  const toMs = Math.max(...members.map(({ own }) => own.atMs[own.atMs.length - 1] ?? -Infinity));
  const cycle = findCycle(
    arm,
    members.map(({ own, curve, restarts }) => ({
      series: curve,
      restarts: restarts.filter(({ afterMs }) => afterMs >= (own.atMs[0] ?? Infinity)),
    })),
  );
  return { arm, id: arm.id, index, members, fromMs, toMs, cycle };
};

export const viewMeasurements = (
  measurements: Measurements,
  { conclusion, seed = measurements.info.id, permutations = 9_999 }: AuditOptions,
): AuditView => {
  const arms = measurements.info.arms.flatMap((arm, index) => viewArm(measurements, arm, index) ?? []);
  const { snapshots } = measurements;
  return {
    measurements,
    conclusion,
    permutations,
    arms,
    control: arms.find(({ id }) => id === measurements.info.control),
    everyMs: plannedInterval(measurements),
    fromMs: snapshots[0] ?? 0,
    toMs: snapshots[snapshots.length - 1] ?? 0,
    random: (use) => randomFromSeed(`${seed}/audit/${use}`),
    lowClusterChance,
  };
};
