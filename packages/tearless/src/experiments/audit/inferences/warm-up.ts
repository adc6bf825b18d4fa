// `warm-up`: samples from the growth after a start are averaged with the plateau. Judged on the whole of an arm's samples,
// or on the window of a stated conclusion. Arms restarted on a schedule never settle and are not judged.
//
// The test takes relays for independent, but what moves all relays of a host moves an arm as one. So the arm must also
// start well below the line of its last half: by a twentieth, and by three times what its mean strays from that line.
import { at } from '../../../stats/check.ts';
import { alignSeries } from '../../../stats/series/aligned.ts';
import { fitLine } from '../../../stats/series/line.ts';
import { cutSeries, type TimeWindow } from '../../../stats/series/series.ts';
import { dayMs } from '../../../stats/series/theil-sen.ts';
import { findWarmUp } from '../../../stats/series/warm-up.ts';
import { bytesPerKib } from '../../analysis/own-series.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import { type InferenceCheck, inquire, type Test } from '../check.ts';
import { formatBytes, formatInstant, formatSpan, iso, percent, rounded } from '../wording.ts';

const leastShortfall = 0.05;
const strays = 3;
const mostBins = 64;

interface Curve {
  readonly atMs: readonly number[];
  readonly values: readonly number[];
}

/** Mean over the arm's relays at common instants. */
const meanCurve = ({ members }: ArmView, window: TimeWindow): Curve => {
  const series = members.map(({ curve }) => cutSeries(curve, window)).filter(({ atMs }) => atMs.length > 0);
  const count = Math.min(mostBins, Math.max(2, ...series.map(({ atMs }) => atMs.length)));
  const { atMs, rows } = alignSeries(series, window, count);
  return { atMs, values: atMs.map((_, bin) => rows.reduce((sum, row) => sum + at(row, bin), 0) / rows.length) };
};

const meanOfFirst = ({ members }: ArmView, window: TimeWindow): number => {
  const first = members.flatMap(({ curve }) => cutSeries(curve, window).values[0] ?? []);
  return first.reduce((sum, value) => sum + value, 0) / first.length;
};

const meanFrom = ({ atMs, values }: Curve, fromMs: number): number => {
  const kept = values.filter((_, bin) => at(atMs, bin) >= fromMs);
  return kept.reduce((sum, value) => sum + value, 0) / kept.length;
};

/** Whether the arm starts so far below the line of its last half that growth at first is more than a common swing. */
const startsBelow = ({ atMs, values }: Curve): boolean => {
  const half = values.length >> 1;
  const late = fitLine(atMs, values, half);
  const residuals = values.slice(half).map((value, index) => value - late.valueAt(at(atMs, half + index)));
  const stray = Math.sqrt(residuals.reduce((sum, rest) => sum + rest * rest, 0) / residuals.length);
  const shortfall = late.valueAt(at(atMs, 0)) - at(values, 0);
  const plateau = values.slice(half).reduce((sum, value) => sum + value, 0) / residuals.length;
  return shortfall >= leastShortfall * plateau && shortfall >= strays * stray;
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
  const curve = meanCurve(arm, { fromMs, toMs });
  const settledMs = Math.min(Math.max(found.settledMs, fromMs), toMs);
  const start = meanOfFirst(arm, { fromMs, toMs });
  const [plateau, whole] = [meanFrom(curve, settledMs), meanFrom(curve, fromMs)];
  return [
    {
      // Growth too small to matter is no suspicion, however well it is proved.
      p: settledMs > fromMs && startsBelow(curve) ? found.p : 1,
      find: (adjustedP) => ({
        code: 'warm-up',
        kind: 'inference',
        severity: 'warning',
        arm: arm.id,
        relays: [],
        message: `Arm ${arm.id} grows from ${formatBytes(start * bytesPerKib)} at its first samples and settles at about ${formatBytes(plateau * bytesPerKib)} by ${formatInstant(settledMs)}, ${formatSpan(settledMs - fromMs)} later. ${window === undefined ? 'A mean over all samples' : 'The concluded window'} mixes growth and plateau and comes out ${percent(Math.abs(1 - whole / plateau))} ${whole < plateau ? 'lower' : 'higher'}.`,
        evidence: {
          from: iso(fromMs),
          settled: iso(settledMs),
          startBytes: Math.round(start * bytesPerKib),
          plateauBytes: Math.round(plateau * bytesPerKib),
          wholeBytes: Math.round(whole * bytesPerKib),
          earlyGrowthBytesPerDay: Math.round(found.earlyGrowthPerDay * bytesPerKib),
          lateGrowthBytesPerDay: Math.round(found.lateGrowthPerDay.mean * bytesPerKib),
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
