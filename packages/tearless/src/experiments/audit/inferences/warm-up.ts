// `warm-up`: samples from the growth after a start are averaged with the plateau. Judged on the whole of an arm's samples,
// or on the window of a stated conclusion. Arms restarted on a schedule never settle and are not judged.
import { at } from '../../../stats/check.ts';
import { cutSeries } from '../../../stats/series/series.ts';
import { dayMs } from '../../../stats/series/theil-sen.ts';
import { timeWeightedMean } from '../../../stats/series/time-weighted-mean.ts';
import { findWarmUp } from '../../../stats/series/warm-up.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import { type InferenceCheck, inquire, type Test } from '../check.ts';
import { formatInstant, formatSpan, gib, iso, percent, rounded } from '../wording.ts';

const kib = 1024;
/** Growth by less than this share of the plateau changes no mean that matters. */
const leastRise = 0.05;

const meanAtStart = ({ members }: ArmView, fromMs: number): number => {
  const first = members.flatMap(({ curve }) => {
    const inside = cutSeries(curve, { fromMs, toMs: Number.MAX_SAFE_INTEGER });
    return inside.values.length === 0 ? [] : at(inside.values, 0);
  });
  return first.reduce((sum, value) => sum + value, 0) / first.length;
};

const meanAfter = ({ members }: ArmView, fromMs: number, toMs: number): number => {
  const means = members.flatMap(({ curve }) => timeWeightedMean(curve, { fromMs, toMs })?.mean ?? []);
  return means.reduce((sum, value) => sum + value, 0) / means.length;
};

const testArm = ({ conclusion }: AuditView, arm: ArmView): Test[] => {
  const window = conclusion?.window;
  const fromMs = Math.max(arm.fromMs, window?.from ?? arm.fromMs);
  const toMs = Math.min(arm.toMs, window?.to ?? arm.toMs);
  if (arm.cycle !== undefined || !(fromMs < toMs)) return [];
  const found = findWarmUp(
    arm.members.map(({ curve }) => cutSeries(curve, { fromMs, toMs })),
    { fromMs, toMs },
  );
  if (found === undefined) return [];
  const settledMs = Math.min(Math.max(found.settledMs, fromMs), toMs);
  const start = meanAtStart(arm, fromMs);
  const plateau = meanAfter(arm, settledMs, toMs);
  const whole = meanAfter(arm, fromMs, toMs);
  const rise = 1 - start / plateau;
  // Growth too small to matter is no suspicion, however well it is proved.
  const p = rise >= leastRise && settledMs > fromMs ? found.p : 1;
  return [
    {
      p,
      find: (adjustedP) => ({
        code: 'warm-up',
        kind: 'inference',
        severity: 'warning',
        arm: arm.id,
        relays: [],
        message: `Arm ${arm.id} grows from ${gib(start * kib)} at its first samples and settles at about ${gib(plateau * kib)} by ${formatInstant(settledMs)}, ${formatSpan(settledMs - fromMs)} later. ${window === undefined ? 'A mean over all samples' : 'The concluded window'} mixes growth and plateau and comes out ${percent(Math.abs(1 - whole / plateau))} ${whole < plateau ? 'lower' : 'higher'}.`,
        evidence: {
          from: iso(fromMs),
          settled: iso(settledMs),
          startBytes: Math.round(start * kib),
          plateauBytes: Math.round(plateau * kib),
          wholeBytes: Math.round(whole * kib),
          earlyGrowthBytesPerDay: Math.round(found.earlyGrowthPerDay * kib),
          lateGrowthBytesPerDay: Math.round(found.lateGrowthPerDay.mean * kib),
          settledDays: Number(((settledMs - fromMs) / dayMs).toFixed(2)),
          relays: found.relays,
          p: rounded(found.p),
          adjustedP: rounded(adjustedP),
        },
        exclusions: [],
      }),
    },
  ];
};

export const suspectWarmUp: InferenceCheck = (view) => inquire(view.arms.flatMap((arm) => testArm(view, arm)));
