// p values of all arms against control with one family-wise error. Arms that share a window are one family of the
// step-down max-t; families share the error by their size (weighted Bonferroni), because a relay has one figure a window.
import { fewestRelays } from '../../stats/arm/estimate.ts';
import { stepDownMaxT } from '../../stats/hypothesis/step-down-max-t.ts';
import type { Unit } from '../../stats/hypothesis/units.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import type { TimeWindow } from '../../stats/series/series.ts';

export interface TestedArm {
  readonly arm: string;
  readonly window: TimeWindow;
  /** Figures of the arm and of control over that window. */
  readonly units: readonly Omit<Unit, 'arm'>[];
  readonly controlUnits: readonly Omit<Unit, 'arm'>[];
}

const shareBlock = ({ units, controlUnits }: TestedArm): boolean => {
  const blocks = new Set(controlUnits.map(({ block }) => block));
  return units.some(({ block }) => blocks.has(block));
};

/** Whether the arm can be tested at all: five relays on both sides, and a block that holds relays of both. */
export const isTestable = (tested: TestedArm): boolean =>
  tested.units.length >= fewestRelays && tested.controlUnits.length >= fewestRelays && shareBlock(tested);

const control = 'control';

/**
 * Adjusted p values by arm; arms that cannot be tested are left out.
 * @param known keeps steps of the test for the next set of relays; see `StepDownOptions`
 */
export const adjustedPValues = (
  arms: readonly TestedArm[],
  seed: string,
  known: Map<string, number>,
): Map<string, number> => {
  const testable = arms.filter(isTestable);
  const families = new Map<string, TestedArm[]>();
  for (const tested of testable) {
    const key = `${tested.window.fromMs}-${tested.window.toMs}`;
    families.set(key, [...(families.get(key) ?? []), tested]);
  }
  const adjusted = new Map<string, number>();
  for (const [key, family] of families) {
    const units: Unit[] = [
      ...(family[0]?.controlUnits ?? []).map((unit) => ({ ...unit, arm: control })),
      ...family.flatMap((tested) => tested.units.map((unit) => ({ ...unit, arm: `arm ${tested.arm}` }))),
    ];
    const weight = testable.length / family.length;
    const results = stepDownMaxT(units, control, randomFromSeed(`${seed}/${key}`), { known });
    for (const { arm, adjustedP } of results) adjusted.set(arm.slice('arm '.length), Math.min(1, adjustedP * weight));
  }
  return adjusted;
};
