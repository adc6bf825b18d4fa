// How much of the error each look may use, and whether there is a look to be had at all. Pure.
import { type Look as SequentialLook, sequentialLooks } from '../../stats/sequential/boundaries.ts';
import { DesignError } from '../design/design-error.ts';

export interface WatchPlan {
  readonly startMs: number;
  readonly endMs: number;
}

/** Nearer looks are one: looking twice within a hundredth of the plan tells nothing new and would use error all the same. */
export const leastStep = 0.01;
export const familyAlpha = 0.05;
/** Guardrails get an error of their own: harm is looked for beside the outcome. */
export const harmAlpha = 0.05;

/** @throws DesignError `experiment-no-plan` for an experiment without a start and an end that lies behind it */
export const checkPlan = (id: string, startMs: number | undefined, endMs: number | undefined): WatchPlan => {
  if (startMs !== undefined && endMs !== undefined && endMs > startMs) return { startMs, endMs };
  throw new DesignError({
    kind: 'refused',
    code: 'experiment-no-plan',
    message: `nothing says from when until when experiment ${id} was to run`,
    subject: id,
    hint: `repeated looks share their error over the planned time: say it with --until TIME, or use 'tearless experiment report ${id}' once, at the end`,
  });
};

/** Share of the plan that the data covers, up to 1. */
export const fractionAt = ({ startMs, endMs }: WatchPlan, dataMs: number): number =>
  Math.min(1, Math.max(0, (dataMs - startMs) / (endMs - startMs)));

/** Whether data up to here makes a new look; the end always does, once. */
export const isNewLook = (before: readonly number[], fraction: number): boolean => {
  const last = before.at(-1);
  if (last === undefined) return fraction >= leastStep;
  return last < 1 && (fraction - last >= leastStep * (1 - 1e-9) || (fraction === 1 && fraction - last >= 0.001));
};

export interface LookLevels {
  /** Of one test; the error is shared evenly among arms and what each is tested in (Bonferroni). */
  readonly nominalAlpha: number;
  /** By all tests and all looks up to this one. */
  readonly spentAlpha: number;
  /** Of the guardrails of one arm: time's share of the error since the last look (Bonferroni over looks and arms). */
  readonly guardrailAlpha: number;
  /** Looks so far and this one. */
  readonly looks: readonly SequentialLook[];
}

/** Below it not even an endless difference would be told apart with a sound figure. */
export const smallestLevel = 1e-9;

/**
 * @param fractions of the looks before, and of this one
 * @param arms compared with control
 * @param testsPerArm figures that each arm is compared in
 */
export const levelsOf = (fractions: readonly number[], arms: number, testsPerArm = 1): LookLevels => {
  const tests = arms * testsPerArm;
  const looks = sequentialLooks(fractions, familyAlpha / tests);
  const last = looks.at(-1);
  const now = fractions.at(-1) ?? 0;
  const before = fractions.at(-2) ?? 0;
  return {
    nominalAlpha: last === undefined || last.nominalAlpha < smallestLevel ? 0 : last.nominalAlpha,
    spentAlpha: (last?.spent ?? 0) * tests,
    guardrailAlpha: (harmAlpha * (now - before)) / arms,
    looks,
  };
};
