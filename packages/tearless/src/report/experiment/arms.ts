// In which order arms are shown, and what of each is compared: shared by every chart and table of a report.
import type { ArmFigures, ExperimentReport, ReportArm } from './experiment-report.ts';
import { isKnown } from './figures.ts';

/** What stands for the arm where one figure is asked for: clean if it has any, else as assigned. */
export const figuresOf = (arm: ReportArm): ArmFigures => (arm.clean.rssBytes === null ? arm.asAssigned : arm.clean);

/** Whether leaving relays out changed anything, so that both sets of figures are worth showing. */
export const hasTwoSets = (arm: ReportArm): boolean => arm.exclusions.length > 0;

/** Least memory first, the control last of all so that every other is read against it; arms without a figure before it. */
export const arrangeArms = (report: ExperimentReport): readonly ReportArm[] => {
  const rank = (arm: ReportArm): number => {
    const mean = figuresOf(arm).rssBytes?.mean;
    return isKnown(mean) ? mean : Number.MAX_VALUE;
  };
  return [...report.arms].sort(
    (a, b) =>
      Number(a.id === report.control) - Number(b.id === report.control) ||
      rank(a) - rank(b) ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
};

/** `jemalloc 5.3.0`, or the id where it has no other name. */
export const armTitle = (arm: ReportArm): string => (arm.name === '' ? arm.id : arm.name);

/** `arm A`, and which one is the control. */
export const armRole = (arm: ReportArm, report: ExperimentReport): string =>
  arm.id === report.control ? `control (${arm.id})` : `arm ${arm.id}`;
