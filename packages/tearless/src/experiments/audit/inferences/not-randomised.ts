// `not-randomised`: arms are blocks of names or fingerprints (runs test), or differ in what assignment should have
// balanced: traffic, flags and memory before the start. Only what was seen before the start is judged: afterwards it may
// be the treatment's doing. An assignment that is on record as random is not doubted.
import { at } from '../../../stats/check.ts';
import { imbalance } from '../../../stats/hypothesis/imbalance.ts';
import { runsTest } from '../../../stats/hypothesis/runs-test.ts';
import { median } from '../../../stats/series/select.ts';
import { missingKib } from '../../model/measurements.ts';
import type { AuditView } from '../audit-view.ts';
import { familyWiseError, type InferenceCheck } from '../check.ts';
import { rounded } from '../wording.ts';

interface Evidence {
  readonly what: string;
  readonly p: number;
  readonly words: string;
  readonly figures: Readonly<Record<string, number>>;
}

interface Placed {
  readonly place: number;
  readonly arm: string;
}

const collator = new Intl.Collator('en', { numeric: true });
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const fewestRelays = 6;

const runsInOrder = (what: string, relays: readonly Placed[], order: (a: Placed, b: Placed) => number): Evidence => {
  const { runs, expected, p } = runsTest([...relays].sort(order).map(({ arm }) => arm));
  return {
    what,
    p,
    words: `in order of ${what} relays form ${runs} runs of one arm where chance makes ${expected.toFixed(0)}`,
    figures: { runs, expected: rounded(expected), p },
  };
};

const imbalanceOf = (
  view: AuditView,
  what: string,
  relays: readonly Placed[],
  figureOf: (place: number) => number | undefined,
): Evidence[] => {
  const units = relays.flatMap(({ place, arm }) => {
    const value = figureOf(place);
    return value === undefined || !Number.isFinite(value) ? [] : [{ value, arm }];
  });
  const arms = new Set(units.map(({ arm }) => arm)).size;
  if (arms < 2 || units.length < 2 * arms || units.length < fewestRelays) return [];
  const { statistic, p } = imbalance(units, view.random(`imbalance/${what}`), view.permutations);
  return [
    {
      what,
      p,
      words: `arms differ in ${what}`,
      figures: { kruskalWallis: rounded(statistic), relays: units.length, p },
    },
  ];
};

/** Traffic before the start: written bytes where known, else what the descriptor tells. */
const trafficBefore =
  ({ measurements }: AuditView, startMs: number) =>
  (place: number): number | undefined => {
    const traffic = measurements.traffic[place];
    if (traffic === undefined) return undefined;
    for (const column of [traffic.writtenBps, traffic.observedBps, traffic.advertisedBps]) {
      const before: number[] = [];
      for (let index = 0; index < traffic.atMs.length && at(traffic.atMs, index) < startMs; index++)
        if (Number.isFinite(column[index])) before.push(at(column, index));
      if (before.length > 0) return median(before);
    }
    return undefined;
  };

const memoryBefore =
  ({ measurements }: AuditView, startMs: number) =>
  (place: number): number | undefined => {
    const samples = measurements.samples[place];
    if (samples === undefined) return undefined;
    const before: number[] = [];
    for (let index = 0; index < samples.atMs.length && at(samples.atMs, index) < startMs; index++)
      if (samples.rssKib[index] !== missingKib) before.push(at(samples.rssKib, index));
    return before.length === 0 ? undefined : median(before);
  };

const flagBefore =
  ({ measurements }: AuditView, startMs: number, flag: string) =>
  (place: number): number | undefined => {
    const seen = measurements.flags[place]?.filter(({ atMs }) => atMs < startMs) ?? [];
    return seen.length === 0 ? undefined : seen.filter(({ flags }) => flags.includes(flag)).length / seen.length;
  };

const gather = (view: AuditView): Evidence[] => {
  const { relays, info } = view.measurements;
  const placed = [...relays.keys()].flatMap((place): Placed[] => {
    const arm = relays[place]?.arm;
    return arm === undefined ? [] : [{ place, arm }];
  });
  const sizes = Map.groupBy(placed, ({ arm }) => arm);
  if (sizes.size < 2 || placed.length < fewestRelays) return [];
  const nickname = ({ place }: Placed): string => relays[place]?.nickname.toLowerCase() ?? '';
  const fingerprint = ({ place }: Placed): string => relays[place]?.fingerprint ?? '';
  const withFingerprint = placed.filter((relay) => fingerprint(relay) !== '');
  // A start written as a day: traffic of that day's noon may be of either side, so only earlier days count.
  const startMs = Math.min(info.startMs ?? view.fromMs, view.fromMs);
  return [
    runsInOrder(
      'nickname',
      placed,
      (a, b) => collator.compare(nickname(a), nickname(b)) || compareText(nickname(a), nickname(b)),
    ),
    ...(withFingerprint.length < fewestRelays
      ? []
      : [runsInOrder('fingerprint', withFingerprint, (a, b) => compareText(fingerprint(a), fingerprint(b)))]),
    ...imbalanceOf(view, 'traffic before the start', placed, trafficBefore(view, startMs)),
    ...imbalanceOf(view, 'memory before the start', placed, memoryBefore(view, info.startMs ?? view.fromMs)),
    ...['Guard', 'HSDir', 'V2Dir', 'Exit', 'Stable'].flatMap((flag) =>
      imbalanceOf(view, `the ${flag} flag before the start`, placed, flagBefore(view, startMs, flag)),
    ),
  ];
};

export const suspectAssignment: InferenceCheck = (view) => {
  if (view.measurements.info.assignment.method === 'random') return { pValues: [], conclude: () => [] };
  const gathered = gather(view);
  return {
    pValues: gathered.map(({ p }) => p),
    conclude: (adjusted) => {
      const holding = gathered.flatMap((evidence, index) => {
        const adjustedP = adjusted[index] ?? 1;
        return adjustedP < familyWiseError ? [{ ...evidence, adjustedP }] : [];
      });
      if (holding.length === 0) return [];
      return [
        {
          code: 'not-randomised',
          kind: 'inference',
          severity: 'warning',
          relays: [],
          message: `Relays did not come to their arms at random: ${holding.map(({ words }) => words).join('; ')}. Differences between arms are associations, and every p value supposes that relays could be exchanged.`,
          evidence: {
            ...Object.fromEntries(
              gathered.map(({ what, figures }, index) => [
                what,
                { ...figures, p: rounded(figures.p ?? 1), adjustedP: rounded(adjusted[index] ?? 1) },
              ]),
            ),
          },
          exclusions: [],
        },
      ];
    },
  };
};
