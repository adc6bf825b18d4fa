// Audits simulated experiments and counts what the audit says of them.
import { auditMeasurements, isProblem } from '../../packages/tearless/src/experiments/audit/audit.ts';
import type { Finding } from '../../packages/tearless/src/experiments/audit/finding.ts';
import { buildMeasurements } from '../../packages/tearless/src/experiments/testing/build-measurements.ts';
import { randomFromSeed } from '../../packages/tearless/src/stats/random/random.ts';
import { describeFleet, simulateFleet } from './fleet.ts';
import type { Plant } from './plants.ts';

/** Enough to tell p values of 1 in 2,000; what stands in reports has 9,999. */
const permutations = 1_999;

export interface CleanTally {
  readonly experiments: number;
  /** Facts told of experiments that have none. */
  readonly falseFacts: number;
  /** Experiments with at least one inference of severity warning or above, which exit code 7 would follow. */
  readonly alarms: number;
  /** Such inferences by code. */
  readonly byCode: Readonly<Record<string, number>>;
}

const auditClean = (seed: string): Finding[] => {
  const random = randomFromSeed(seed);
  return auditMeasurements(buildMeasurements(describeFleet(simulateFleet(random))), { seed, permutations });
};

/** @param each called after every experiment, so that a long run can be shown and interrupted */
export const judgeClean = async (
  experiments: number,
  seed: string,
  each: (done: number) => Promise<void> | void = () => {},
): Promise<CleanTally> => {
  let falseFacts = 0;
  let alarms = 0;
  const byCode: Record<string, number> = {};
  for (let index = 0; index < experiments; index++) {
    const findings = auditClean(`${seed}/clean/${index}`);
    falseFacts += findings.filter(({ kind }) => kind === 'fact').length;
    const raised = findings.filter((finding) => finding.kind === 'inference' && isProblem(finding));
    if (raised.length > 0) alarms += 1;
    for (const { code } of raised) byCode[code] = (byCode[code] ?? 0) + 1;
    await each(index + 1);
  }
  return { experiments, falseFacts, alarms, byCode };
};

/** Whether the audit finds what was planted, and names whom it was planted in. */
export const isFound = ({ code, plant }: Plant, seed: string): boolean => {
  const random = randomFromSeed(seed);
  const { experiment, conclusion, relays, arm } = plant(simulateFleet(random), random);
  const named = relays === undefined ? undefined : [...relays].sort().join();
  const findings = auditMeasurements(buildMeasurements(experiment), { seed, permutations, conclusion });
  return findings.some(
    (finding) =>
      finding.code === code &&
      (named === undefined || finding.relays.join() === named) &&
      (arm === undefined || finding.arm === arm),
  );
};
