// `carry-over`: some relays of an arm still carry a setting of an earlier experiment, so its mean mixes two populations.
// A cluster of low memory inside the arm (beyond what a whole host does) raises suspicion; a cause that does not depend on memory confirms it, and the
// rule of a confirmed cause is then put to every arm, control included.
//
// p of an arm: the smallest of its ways, times their number. Ways: the cluster alone; so many relays with a telling cause
// as strays; and together the cluster, the best cause's overlap with it and that cause as strays, which are independent
// where there is no contamination (Fisher).
import { fewestRelays } from '../../../stats/arm/estimate.ts';
import { binomialUpperTail, combinePValues, fisherExact } from '../../../stats/hypothesis/counts.ts';
import { type LowCluster, lowCluster } from '../../../stats/hypothesis/low-cluster.ts';
import { timeWeightedMean } from '../../../stats/series/time-weighted-mean.ts';
import { bytesPerKib } from '../../analysis/own-series.ts';
import type { ArmView, AuditView } from '../audit-view.ts';
import { familyWiseError, type InferenceCheck } from '../check.ts';
import type { Exclusion, Finding } from '../finding.ts';
import { count, formatBytes, listed, rounded } from '../wording.ts';
import { type Cause, causesIn } from './contamination-causes.ts';
import { hostLevels } from './host-levels.ts';

/** The first part of an arm's time, where memory still grows, says little of a setting. */
const leftOut = 0.25;
/** Memory alone raises suspicion only where the cluster lies so far below the rest: smaller spread is relays' own. */
const leastApart = 0.15;

interface Judged {
  readonly arm: ArmView;
  readonly causes: readonly Cause[];
  /** One figure a member, bytes. */
  readonly figures: readonly number[];
  readonly cluster: LowCluster | undefined;
  /** The cause that agrees best with the cluster, and how likely it agrees so well by chance. */
  readonly best: { readonly cause: Cause; readonly overlapP: number } | undefined;
  /** The telling cause that strays explain least. */
  readonly telling: { readonly cause: Cause; readonly p: number } | undefined;
  readonly p: number;
}

/** How likely a cause's relays fall so far into the cluster by chance, over all causes tried. */
const overlapOf = (cause: Cause, cluster: LowCluster, size: number): number => {
  const inside = cause.members.filter((member) => cluster.members.includes(member)).length;
  return fisherExact(
    { hits: inside, of: cluster.members.length },
    { hits: cause.members.length - inside, of: size - cluster.members.length },
  );
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const isFarApart = ({ members }: LowCluster, figures: readonly number[]): boolean =>
  mean(members.map((member) => figures[member] ?? 0)) <=
  (1 - leastApart) * mean(figures.filter((_, member) => !members.includes(member)));

/** How likely so many relays of an arm have a telling cause for another reason; empty for causes that tell nothing alone. */
const strayP = ({ members, strayRate }: Cause, size: number): number[] =>
  strayRate === undefined ? [] : [binomialUpperTail({ hits: members.length, of: size }, strayRate)];

const figuresOf = (arm: ArmView): number[] => {
  const window = { fromMs: arm.fromMs + leftOut * (arm.toMs - arm.fromMs), toMs: arm.toMs };
  return arm.members.map(
    ({ curve }) => ((timeWeightedMean(curve, window) ?? timeWeightedMean(curve))?.mean ?? 0) * bytesPerKib,
  );
};

const judge = (
  view: AuditView,
  arm: ArmView,
  figures: readonly number[],
  levelOf: (relay: string) => number,
): Judged => {
  const size = figures.length;
  const causes = causesIn(view, arm);
  const level = figures.map((figure, member) => figure / levelOf(arm.members[member]?.id ?? ''));
  const cluster = size < fewestRelays ? undefined : lowCluster(level, view.lowClusterChance(size));
  const overlaps =
    cluster === undefined ? [] : causes.map((cause) => ({ cause, overlapP: overlapOf(cause, cluster, size) }));
  const best = overlaps.reduce<(typeof overlaps)[number] | undefined>(
    (a, b) => (a !== undefined && a.overlapP <= b.overlapP ? a : b),
    undefined,
  );
  const strays = causes.flatMap((cause) => strayP(cause, size).map((p) => ({ cause, p })));
  const telling = strays.reduce<(typeof strays)[number] | undefined>(
    (a, b) => (a !== undefined && a.p <= b.p ? a : b),
    undefined,
  );
  const ways = [
    ...(cluster === undefined ? [] : [isFarApart(cluster, level) ? cluster.p : 1]),
    ...(cluster === undefined || best === undefined
      ? []
      : [combinePValues([cluster.p, Math.min(1, best.overlapP * causes.length), ...strayP(best.cause, size)])]),
    ...(telling === undefined ? [] : [Math.min(1, telling.p * strays.length)]),
  ];
  // Too few relays for a cluster, and no cause: nothing was tried.
  const p = ways.length === 0 ? 1 : Math.min(1, ways.length * Math.min(1, ...ways));
  return { arm, causes, figures, cluster, best, telling, p };
};

const exclusionsBy = (cause: Cause, arm: ArmView): Exclusion[] =>
  cause.members.map((member) => ({
    relay: arm.members[member]?.id ?? '',
    code: 'carry-over',
    cause: cause.words(member),
  }));

/** The cause that confirms a suspicion: it agrees with the cluster beyond chance, or strays do not explain it. */
const confirmedBy = ({ cluster, best, telling, causes }: Judged, adjusted: boolean): Cause | undefined => {
  if (!adjusted) return undefined;
  if (cluster !== undefined && best !== undefined && best.overlapP * causes.length < familyWiseError) return best.cause;
  return telling !== undefined && telling.p < familyWiseError ? telling.cause : undefined;
};

const describe = (judged: Judged, cause: Cause | undefined, adjustedP: number): Finding => {
  const { arm, figures, cluster } = judged;
  const byCause = cause?.members ?? [];
  const low = cause === undefined ? (cluster?.members ?? []) : byCause;
  const names = low.map((member) => arm.members[member]?.id ?? '').sort();
  const rest = figures.filter((_, member) => !low.includes(member));
  const lowMean = mean(low.map((member) => figures[member] ?? 0));
  const levels = `${formatBytes(lowMean)} on average, the other ${rest.length} hold ${formatBytes(mean(rest))}`;
  return {
    code: 'carry-over',
    kind: 'inference',
    severity: cause === undefined ? 'warning' : 'error',
    arm: arm.id,
    relays: names,
    message:
      cause === undefined
        ? `${count(names.length, 'relay')} of arm ${arm.id} ${names.length === 1 ? 'stands' : 'stand'} apart with low memory (${listed(names)}): ${levels}. Nothing but memory says so, thus none is left out.`
        : `${count(names.length, 'relay')} of arm ${arm.id} (${listed(names)}) ${names.length === 1 ? 'differs' : 'differ'} from the rest: ${cause.words(byCause[0] ?? 0)}. ${names.length === 1 ? 'It holds' : 'They hold'} ${levels}, so the mean of the arm mixes two populations.`,
    evidence: {
      cause: cause?.rule ?? null,
      lowCluster:
        cluster === undefined
          ? null
          : {
              relays: cluster.members.map((member) => arm.members[member]?.id ?? '').sort(),
              gapBytes: Math.round(cluster.gap),
              p: rounded(cluster.p),
            },
      meanBytes: Math.round(lowMean),
      restMeanBytes: Math.round(mean(rest)),
      armMeanBytes: Math.round(mean(figures)),
      p: rounded(judged.p),
      adjustedP: rounded(adjustedP),
    },
    exclusions: cause === undefined ? [] : exclusionsBy(cause, arm),
  };
};

/** What a rule that was confirmed in another arm finds in this one. */
const describeSameRule = ({ arm, figures }: Judged, cause: Cause, adjustedP: number): Finding => {
  const names = cause.members.map((member) => arm.members[member]?.id ?? '').sort();
  return {
    code: 'carry-over',
    kind: 'inference',
    severity: 'info',
    arm: arm.id,
    relays: names,
    message: `The cause confirmed in another arm holds for ${count(names.length, 'relay')} of arm ${arm.id} as well (${listed(names)}): ${cause.words(cause.members[0] ?? 0)}. The same rule for every arm leaves them out of the clean analysis.`,
    evidence: {
      cause: cause.rule,
      meanBytes: Math.round(mean(cause.members.map((member) => figures[member] ?? 0))),
      armMeanBytes: Math.round(mean(figures)),
      adjustedP: rounded(adjustedP),
    },
    exclusions: exclusionsBy(cause, arm),
  };
};

export const suspectCarryOver: InferenceCheck = (view) => {
  const arms = view.arms
    .filter(({ members }) => members.length >= 2)
    .map((arm) => ({ arm, relays: arm.members.map(({ id }) => id), figures: figuresOf(arm) }));
  const levelOf = hostLevels(arms);
  const judged = arms.map(({ arm, figures }) => judge(view, arm, figures, levelOf));
  return {
    pValues: judged.map(({ p }) => p),
    conclude: (adjusted) => {
      const confirmed = judged.map((one, index) => confirmedBy(one, (adjusted[index] ?? 1) < familyWiseError));
      const rules = new Set(confirmed.flatMap((cause) => cause?.rule ?? []));
      return judged.flatMap((one, index) => {
        const adjustedP = adjusted[index] ?? 1;
        const own = confirmed[index];
        const findings = adjustedP < familyWiseError ? [describe(one, own, adjustedP)] : [];
        const others = one.causes.filter((cause) => rules.has(cause.rule) && cause !== own);
        return [...findings, ...others.map((cause) => describeSameRule(one, cause, adjustedP))];
      });
    },
  };
};
