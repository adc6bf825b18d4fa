// `counter-dip`: VmHWM should never fall while a process runs, yet the kernel counts in batches and dips occur. Restarts
// are read from drops of more than a fifth; drops between are told, since small ones are dips and larger ones may be
// restarts whose relay had grown back by the next sample.
//
// Test: at most one pair of neighbouring samples in a thousand dips by more than half a percent (binomial).
import { binomialUpperTail } from '../../../stats/hypothesis/counts.ts';
import { peakDropsOf } from '../../analysis/restarts.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import { type InferenceCheck, inquire, type Test } from '../check.ts';
import { count, idsOf, percent, rounded } from '../wording.ts';

const dipShare = 0.005;
const expectedRate = 0.001;
/** A dip so near to a restart of the arm's other relays may be a restart itself. */
const doubtfulShare = 0.03;

const testArm = (view: AuditView, { id, members }: ArmView): Test[] => {
  const own = members.map((member) => {
    const samples = view.measurements.samples[member.index];
    const dips = samples === undefined ? [] : peakDropsOf(samples).dips;
    return { member, pairs: Math.max(0, (samples?.atMs.length ?? 0) - 1), dips };
  });
  const pairs = own.reduce((sum, relay) => sum + relay.pairs, 0);
  const dips = own.flatMap((relay) => relay.dips);
  const large = dips.filter(({ share }) => share > dipShare);
  if (pairs === 0) return [];
  const restartInstants = new Set(members.flatMap(({ restarts }) => restarts.map(({ atMs }) => atMs)));
  const doubtful = large.filter(({ byMs, share }) => share > doubtfulShare && restartInstants.has(byMs)).length;
  const largest = large.reduce((most, { share }) => Math.max(most, share), 0);
  return [
    {
      p: binomialUpperTail({ hits: large.length, of: pairs }, expectedRate),
      find: (adjustedP) => ({
        code: 'counter-dip',
        kind: 'inference',
        severity: 'info',
        arm: id,
        relays: idsOf(
          view,
          own.flatMap(({ member, dips }) => (dips.some(({ share }) => share > dipShare) ? member.index : [])),
        ),
        message: `VmHWM falls ${count(large.length, 'time')} by ${percent(dipShare)} to ${percent(largest)} in arm ${id} without a drop of more than 20 %, which would count as a restart.${doubtful === 0 ? '' : ` ${doubtful} of them coincide with restarts of the arm’s other relays and may be restarts that regrew before the next sample.`}`,
        evidence: {
          dips: large.length,
          smallerDips: dips.length - large.length,
          pairs,
          largestShare: rounded(largest),
          atRestartsOfOthers: doubtful,
          adjustedP: rounded(adjustedP),
        },
        exclusions: [],
      }),
    },
  ];
};

export const suspectCounterDips: InferenceCheck = (view) => inquire(view.arms.flatMap((arm) => testArm(view, arm)));
