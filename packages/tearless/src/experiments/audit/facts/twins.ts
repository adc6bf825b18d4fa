// Two relays with the same memory in most samples: a search for processes by name found the process of one for both, as
// when one name begins with the other.
import { at } from '../../../stats/check.ts';
import { placesInside } from '../../../stats/series/series.ts';
import { missingKib, type RelaySamples } from '../../model/measurements.ts';
import type { AuditView } from '../audit-view.ts';
import type { Finding } from '../finding.ts';
import { percent } from '../wording.ts';

const probes = 32;
/** Agreement on fewer figures proves nothing; without VmSize, on twice as many. */
const fewestFigures = 3;

/** The place of the sample nearest to `ms` in ascending times, or undefined where none is within `nearMs`. */
const nearest = (times: Float64Array, ms: number, nearMs: number): number | undefined => {
  const { first: low } = placesInside({ atMs: times, values: times }, { fromMs: ms, toMs: Infinity });
  const distance = (place: number): number => Math.abs((times[place] ?? Infinity) - ms);
  const best = distance(low - 1) <= distance(low) ? low - 1 : low;
  return distance(best) <= nearMs ? best : undefined;
};

const keyAt = ({ rssKib, virtualKib }: RelaySamples, place: number): string | undefined =>
  at(rssKib, place) === missingKib || at(rssKib, place) === 0 ? undefined : `${rssKib[place]}/${virtualKib[place]}`;

interface Likeness {
  readonly common: number;
  readonly same: number;
  /** How many different figures they agreed on: two idle processes may well stay at the same ones. */
  readonly figures: number;
  /** Whether VmSize was compared as well. */
  readonly virtual: boolean;
}

const compare = (a: RelaySamples, b: RelaySamples, nearMs: number): Likeness => {
  let common = 0;
  let same = 0;
  let virtual = false;
  const figures = new Set<string>();
  for (let place = 0; place < a.atMs.length; place++) {
    const other = nearest(b.atMs, at(a.atMs, place), nearMs);
    const key = keyAt(a, place);
    if (other === undefined || key === undefined) continue;
    common += 1;
    if (key === keyAt(b, other)) {
      same += 1;
      figures.add(key);
    }
    if (at(a.virtualKib, place) !== missingKib) virtual = true;
  }
  return { common, same, figures: figures.size, virtual };
};

/** Whether start times tell two processes. */
const startedApart = (a: RelaySamples, b: RelaySamples): boolean => {
  const [first, second] = [a, b].map(({ figures }) => figures.get('startedMs')?.find(Number.isFinite));
  return first !== undefined && second !== undefined && Math.abs(first - second) > 2_000;
};

export const findTwins = ({ measurements: { relays, samples, snapshots }, everyMs }: AuditView): Finding[] => {
  const nearMs = (everyMs ?? 0) / 4;
  const pairs = new Map<string, readonly [number, number]>();
  for (let probe = 0; probe < Math.min(probes, snapshots.length); probe++) {
    const ms = at(snapshots, Math.floor(((probe + 0.5) * snapshots.length) / Math.min(probes, snapshots.length)));
    const alike = Map.groupBy(samples.keys(), (relay) => {
      const own = samples[relay];
      const place = own === undefined ? undefined : nearest(own.atMs, ms, nearMs);
      return own === undefined || place === undefined ? undefined : keyAt(own, place);
    });
    alike.delete(undefined);
    for (const group of alike.values())
      for (const [index, a] of group.entries()) for (const b of group.slice(index + 1)) pairs.set(`${a}/${b}`, [a, b]);
  }
  return [...pairs.values()].flatMap(([a, b]): Finding[] => {
    const first = samples[a];
    const second = samples[b];
    if (first === undefined || second === undefined) return [];
    if (startedApart(first, second)) return [];
    const { common, same, figures, virtual } = compare(first, second, nearMs);
    const fewest = fewestFigures * (virtual ? 1 : 2);
    if (figures < fewest || 2 * same <= common) return [];
    const names = [relays[a]?.id ?? '', relays[b]?.id ?? ''].sort();
    const [left = '', right = ''] = names;
    const prefix = right.startsWith(left)
      ? `; ${right} begins with ${left}, as a search for processes by name would confuse them`
      : '';
    return [
      {
        code: 'identity',
        kind: 'fact',
        severity: 'warning',
        relays: names,
        message: `${left} and ${right} have the same VmRSS${virtual ? ' and VmSize' : ''} in ${same} of ${common} samples (${percent(same / common)}): one process was measured for both${prefix}.`,
        evidence: { problem: 'same-process', samples: common, same, figures, prefix: prefix !== '' },
        exclusions: [],
      },
    ];
  });
};
