// `snapshot-conclusion`: a conclusion from one instant although arms oscillate. Restart arms are a sawtooth: which arm is
// lowest depends on the instant. Without a stated conclusion it is told as information.
//
// Test of oscillation: the arm's relays restart more often than once in thirty relay-days (binomial over relay-days).
import { at } from '../../../stats/check.ts';
import { binomialUpperTail } from '../../../stats/hypothesis/counts.ts';
import { wholeCycles } from '../../../stats/series/period.ts';
import { dayMs } from '../../../stats/series/theil-sen.ts';
import { binSeries } from '../../../stats/series/time-bins.ts';
import { timeWeightedMean } from '../../../stats/series/time-weighted-mean.ts';
import { bytesPerKib } from '../../analysis/own-series.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import { type InferenceCheck, inquire, type Test } from '../check.ts';
import { formatBytes, formatInstant, formatSpan, percent, rounded } from '../wording.ts';

const restartsPerDay = 1 / 30;
const mostInstants = 256;

const restartsUnder = ({ members }: ArmView): number =>
  members.reduce(
    (sum, { own, restarts }) => sum + restarts.filter(({ afterMs }) => afterMs >= (own.atMs[0] ?? Infinity)).length,
    0,
  );
const relayDays = ({ members }: ArmView): number =>
  members.reduce((sum, { own: { atMs } }) => sum + (at(atMs, atMs.length - 1) - at(atMs, 0)) / dayMs, 0);

interface Order {
  readonly atMs: number;
  /** Ids of arms, lowest memory first. */
  readonly arms: readonly string[];
}

/** Which arm is how low at each instant at which all of them were measured. */
const ordersOf = (arms: readonly ArmView[], instants: number): Order[] => {
  const window = {
    fromMs: Math.max(...arms.map(({ fromMs }) => fromMs)),
    toMs: Math.min(...arms.map(({ toMs }) => toMs)),
  };
  if (arms.length < 2 || !(window.fromMs < window.toMs)) return [];
  const count = Math.max(2, Math.min(mostInstants, instants));
  const widthMs = (window.toMs - window.fromMs) / count;
  const means = arms.map(({ members }) => {
    const rows = members.map(({ curve }) => binSeries(curve, window, count).bins);
    return Array.from({ length: count }, (_, bin) => {
      const known = rows.flatMap((row) => row[bin] ?? []);
      return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
    });
  });
  return Array.from({ length: count }, (_, bin): Order | undefined => {
    const here = means.map((row) => row[bin]);
    if (here.includes(undefined)) return undefined;
    const order = [...arms.keys()].sort((a, b) => (here[a] ?? 0) - (here[b] ?? 0));
    return { atMs: window.fromMs + (bin + 0.5) * widthMs, arms: order.map((place) => arms[place]?.id ?? '') };
  }).filter((order) => order !== undefined);
};

/** Mean over the arm's relays: of each, the sample nearest to an instant. */
const meanAt = ({ members }: ArmView, ms: number): number => {
  const values = members.map(({ own: { atMs, values } }) => {
    let best = 0;
    for (let index = 1; index < atMs.length; index++)
      if (Math.abs(at(atMs, index) - ms) < Math.abs(at(atMs, best) - ms)) best = index;
    return at(values, best);
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};

/** Mean over the arm's relays: of each, its mean over whole cycles up to the end. */
const meanOverCycles = ({ members, cycle, fromMs, toMs }: ArmView): number => {
  const window = cycle === undefined ? { fromMs, toMs } : wholeCycles({ fromMs, toMs }, cycle.periodMs);
  const values = members.flatMap(({ own }) => timeWeightedMean(own, window)?.mean ?? []);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};

const testArm = ({ conclusion, measurements }: AuditView, arm: ArmView, compared: readonly ArmView[]): Test => {
  const restarts = restartsUnder(arm);
  const days = Math.max(1, Math.round(relayDays(arm)));
  return {
    p: binomialUpperTail({ hits: Math.min(restarts, days), of: days }, restartsPerDay),
    find: (adjustedP) => {
      const orders = ordersOf(compared, measurements.snapshots.length);
      const ranks = orders.map(({ arms }) => arms.indexOf(arm.id) + 1);
      const [best, worst] = [Math.min(...ranks), Math.max(...ranks)];
      const lowest = ranks.filter((rank) => rank === 1).length / ranks.length;
      const moves = ranks.length > 0 && best !== worst;
      const instant = conclusion?.instant;
      const nearest = orders.reduce<Order | undefined>(
        (a, b) =>
          instant === undefined || (a !== undefined && Math.abs(a.atMs - instant) <= Math.abs(b.atMs - instant))
            ? a
            : b,
        undefined,
      );
      const places = moves
        ? `is anywhere from place ${best} to ${worst} of ${compared.length} by the instant, ${lowest === 0 ? 'never the lowest' : `lowest at ${percent(lowest)} of them`}`
        : 'keeps its place among the arms all the same';
      const overCycles = meanOverCycles(arm) * bytesPerKib;
      const atInstant = instant === undefined ? undefined : meanAt(arm, instant) * bytesPerKib;
      const stated = conclusion?.figures?.[arm.id];
      const judged =
        instant === undefined
          ? 'A conclusion from one instant would depend on which it is.'
          : `The conclusion was drawn from ${formatInstant(instant)} alone${nearest === undefined ? '' : `, when the order was ${nearest.arms.join(' < ')}`}: ${formatBytes(atInstant ?? 0)} then${stated === undefined ? '' : ` (stated: ${formatBytes(stated)})`}, ${formatBytes(overCycles)} over whole cycles.`;
      return {
        code: 'snapshot-conclusion',
        kind: 'inference',
        severity: conclusion === undefined || !moves ? 'info' : 'warning',
        arm: arm.id,
        relays: [],
        message: `Arm ${arm.id} is a sawtooth${arm.cycle === undefined ? '' : ` of ${formatSpan(arm.cycle.periodMs)}`} (${restarts} restarts) and ${places}. ${judged}`,
        evidence: {
          restarts,
          relayDays: days,
          periodMs: arm.cycle === undefined ? null : Math.round(arm.cycle.periodMs),
          compared: compared.map(({ id }) => id),
          instants: ranks.length,
          places: moves ? [best, worst] : [],
          lowestShare: rounded(lowest || 0),
          orderAtInstant: nearest === undefined ? null : [...nearest.arms],
          overCyclesBytes: Math.round(overCycles),
          ...(atInstant === undefined ? {} : { atInstantBytes: Math.round(atInstant) }),
          ...(stated === undefined ? {} : { statedBytes: Math.round(stated) }),
          adjustedP: rounded(adjustedP),
        },
        exclusions: [],
      };
    },
  };
};

export const suspectSnapshotConclusion: InferenceCheck = (view) => {
  const { conclusion, arms } = view;
  if (conclusion !== undefined && conclusion.method !== 'snapshot') return inquire([]);
  const spanMs = view.toMs - view.fromMs;
  // A late arm would cut the instants that all share; it takes part only where the conclusion names it.
  const compared = arms.filter(({ id, fromMs }) =>
    conclusion?.arms === undefined ? fromMs <= view.fromMs + spanMs / 4 : conclusion.arms.includes(id),
  );
  return inquire(compared.filter(({ cycle }) => cycle !== undefined).map((arm) => testArm(view, arm, compared)));
};
