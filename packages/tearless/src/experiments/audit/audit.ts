// All that can be wrong with an experiment, found from its measurements. Facts and methods are told as they are; the p
// values of all inferences, over checks and arms, are adjusted together (Holm), so that a clean experiment raises an
// alarm in at most 5 % of audits.
import { holm } from '../../stats/hypothesis/holm.ts';
import type { Measurements } from '../model/measurements.ts';
import { type AuditOptions, viewMeasurements } from './audit-view.ts';
import type { DirectCheck, InferenceCheck } from './check.ts';
import { findDuplicateRows } from './facts/duplicate-row.ts';
import { findGaps } from './facts/gap.ts';
import { findIdentityProblems } from './facts/identity.ts';
import { findMissingRelays } from './facts/missing-relay.ts';
import { findServerRenamed } from './facts/server-renamed.ts';
import type { FactCode, Finding, InferenceCode, MethodCode } from './finding.ts';
import { suspectChangedArms } from './inferences/arm-changed.ts';
import { suspectCarryOver } from './inferences/carry-over.ts';
import { suspectCounterDips } from './inferences/counter-dip.ts';
import { suspectAssignment } from './inferences/not-randomised.ts';
import { suspectSnapshotConclusion } from './inferences/snapshot-conclusion.ts';
import { suspectUnequalStart } from './inferences/unequal-start.ts';
import { suspectWarmUp } from './inferences/warm-up.ts';
import { findDependentSamples } from './methods/dependent-samples.ts';
import { findMultipleComparison } from './methods/multiple-comparison.ts';
import { findSingleHost } from './methods/single-host.ts';
import { findUnprovenTreatment } from './methods/treatment-unproven.ts';

const directChecks: Readonly<Record<FactCode | MethodCode, DirectCheck>> = {
  identity: findIdentityProblems,
  'duplicate-row': findDuplicateRows,
  gap: findGaps,
  'missing-relay': findMissingRelays,
  'server-renamed': findServerRenamed,
  'single-host': findSingleHost,
  'treatment-unproven': findUnprovenTreatment,
  'dependent-samples': findDependentSamples,
  'multiple-comparison': findMultipleComparison,
};

const inferenceChecks: Readonly<Record<InferenceCode, InferenceCheck>> = {
  'carry-over': suspectCarryOver,
  'not-randomised': suspectAssignment,
  'unequal-start': suspectUnequalStart,
  'warm-up': suspectWarmUp,
  'arm-changed': suspectChangedArms,
  'snapshot-conclusion': suspectSnapshotConclusion,
  'counter-dip': suspectCounterDips,
};

/**
 * Judges measurements. The same measurements, options and seed give the same findings.
 *
 * @returns facts first, then inferences, then methods; within a kind in the order of the checks and of the arms
 */
export const auditMeasurements = (measurements: Measurements, options: AuditOptions = {}): Finding[] => {
  const view = viewMeasurements(measurements, options);
  const direct = Object.values(directChecks).flatMap((check) => check(view));
  const inquiries = Object.values(inferenceChecks).map((check) => check(view));
  const adjusted = holm(inquiries.flatMap(({ pValues }) => pValues));
  let place = 0;
  const inferred = inquiries.flatMap(({ pValues, conclude }) => {
    const own = adjusted.slice(place, place + pValues.length);
    place += pValues.length;
    return conclude(own);
  });
  const ofKind = (kind: Finding['kind']): Finding[] => direct.filter((finding) => finding.kind === kind);
  return [...ofKind('fact'), ...inferred, ...ofKind('method')];
};

/** Whether a finding counts against the data: exit code 7. What is true of a method alone never does. */
export const isProblem = ({ kind, severity }: Finding): boolean => kind !== 'method' && severity !== 'info';
