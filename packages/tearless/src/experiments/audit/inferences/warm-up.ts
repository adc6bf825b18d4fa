// `warm-up`: samples from the growth after a start are averaged with the plateau. Judged on the whole of an arm's samples,
// or on the window of a stated conclusion, by the rule that also chooses the window of a report. Arms restarted on a
// schedule never settle and are not judged.
import { dayMs } from '../../../stats/series/theil-sen.ts';
import { type ArmWarmUp, findArmWarmUp } from '../../analysis/arm-warm-up.ts';
import { bytesPerKib } from '../../analysis/own-series.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import { type InferenceCheck, inquire, type Test } from '../check.ts';
import { formatBytes, formatInstant, formatSpan, iso, percent, rounded } from '../wording.ts';

const inBytes = (kib: number): number => Math.round(kib * bytesPerKib);
const memory = (kib: number): string => formatBytes(inBytes(kib));

const wordsOf = (id: string, found: ArmWarmUp, fromMs: number, what: string): string => {
  const { settledMs, start, plateau, whole, stillGrows, lateGrowthPerDay } = found;
  const later = `by ${formatInstant(settledMs)}, ${formatSpan(settledMs - fromMs)} later`;
  const bias = `${percent(Math.abs(1 - whole / plateau))} ${whole < plateau ? 'lower' : 'higher'}`;
  return stillGrows
    ? `Arm ${id} grows from ${memory(start)} at its first samples and slows ${later}, but grows on by ${memory(lateGrowthPerDay.mean)} a day. ${what} mixes both and comes out ${bias} than one of the later time.`
    : `Arm ${id} grows from ${memory(start)} at its first samples and settles at about ${memory(plateau)} ${later}. ${what} mixes growth and plateau and comes out ${bias}.`;
};

const testArm = ({ conclusion }: AuditView, arm: ArmView): Test[] => {
  const window = conclusion?.window;
  const fromMs = Math.max(arm.fromMs, window?.from ?? arm.fromMs);
  const toMs = Math.min(arm.toMs, window?.to ?? arm.toMs);
  if (arm.cycle !== undefined) return [];
  const found = findArmWarmUp(
    arm.members.map(({ curve }) => curve),
    { fromMs, toMs },
  );
  if (found === undefined) return [];
  const { settledMs, start, plateau, whole, earlyGrowthPerDay, lateGrowthPerDay, stillGrows } = found;
  const what = window === undefined ? 'A mean over all samples' : 'The concluded window';
  return [
    {
      // Growth too small to matter is no suspicion, however well it is proved.
      p: found.matters ? found.p : 1,
      find: (adjustedP) => ({
        code: 'warm-up',
        kind: 'inference',
        severity: 'warning',
        arm: arm.id,
        relays: [],
        message: wordsOf(arm.id, found, fromMs, what),
        evidence: {
          from: iso(fromMs),
          settled: iso(settledMs),
          settledDays: Number(((settledMs - fromMs) / dayMs).toFixed(2)),
          startBytes: inBytes(start),
          plateauBytes: inBytes(plateau),
          wholeBytes: inBytes(whole),
          earlyGrowthBytesPerDay: inBytes(earlyGrowthPerDay),
          lateGrowthBytesPerDay: inBytes(lateGrowthPerDay.mean),
          stillGrows,
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
