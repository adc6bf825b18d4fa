// `gap`: no sample of a host, or of one relay, for much longer than planned; and instants at which a host could not be asked.
import type { JsonObject } from '../../../base/json.ts';
import { at } from '../../../stats/check.ts';
import { placesInside, type TimeWindow } from '../../../stats/series/series.ts';
import type { AuditView } from '../audit-view.ts';
import type { DirectCheck } from '../check.ts';
import type { Finding } from '../finding.ts';
import { hostOf } from '../hosts.ts';
import { count, formatInstant, formatSpan, iso, listed } from '../wording.ts';

/** A distance of so many planned intervals is a gap: one sample is missing for certain. */
export const gapIntervals = 1.75;
/** From so many on it is a warning. */
const longIntervals = 3;
const mostShown = 50;

interface RelayGap extends TimeWindow {
  readonly relay: number;
}

const gapsOf = (atMs: Float64Array, relay: number, longestMs: number): RelayGap[] => {
  const gaps: RelayGap[] = [];
  for (let index = 1; index < atMs.length; index++) {
    const fromMs = at(atMs, index - 1);
    const toMs = at(atMs, index);
    if (toMs - fromMs > longestMs) gaps.push({ relay, fromMs, toMs });
  }
  return gaps;
};

const hasSampleInside = (times: Float64Array, window: TimeWindow): boolean => {
  const { first, end } = placesInside({ atMs: times, values: times }, window);
  return end > first;
};

const describe = ({ fromMs, toMs }: TimeWindow, everyMs: number): JsonObject => ({
  from: iso(fromMs),
  to: iso(toMs),
  hours: Number(((toMs - fromMs) / 3_600_000).toFixed(2)),
  intervals: Number(((toMs - fromMs) / everyMs).toFixed(1)),
});

const describeAll = (gaps: readonly TimeWindow[], everyMs: number): JsonObject[] =>
  gaps.slice(0, mostShown).map((gap) => describe(gap, everyMs));

const findingOf = (
  gaps: readonly RelayGap[],
  everyMs: number,
  relays: readonly string[],
  subject: (howLong: string) => string,
  extra: JsonObject,
): Finding => {
  const longest = gaps.reduce((a, b) => (b.toMs - b.fromMs > a.toMs - a.fromMs ? b : a));
  const intervals = (longest.toMs - longest.fromMs) / everyMs;
  return {
    code: 'gap',
    kind: 'fact',
    severity: intervals >= longIntervals ? 'warning' : 'info',
    relays,
    message: `${subject(`for much longer than every ${formatSpan(everyMs)}`)}, ${count(gaps.length, 'time')}: the longest gap is ${formatSpan(longest.toMs - longest.fromMs)}, ${intervals.toFixed(1)} intervals, from ${formatInstant(longest.fromMs)}.`,
    evidence: {
      everyMs: Math.round(everyMs),
      count: gaps.length,
      longest: describe(longest, everyMs),
      ...extra,
    },
    exclusions: [],
  };
};

/** Gaps that overlap are one: from the last sample of any relay before to the first of any after. */
const joinGaps = (gaps: readonly RelayGap[]): RelayGap[] => {
  const joined: RelayGap[] = [];
  for (const gap of [...gaps].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    if (last !== undefined && gap.fromMs < last.toMs) {
      const fromMs = Math.max(last.fromMs, gap.fromMs);
      joined[joined.length - 1] = { ...last, fromMs, toMs: Math.min(last.toMs, gap.toMs) };
    } else joined.push(gap);
  }
  return joined;
};

const findSampledGaps = ({ measurements, everyMs }: AuditView): Finding[] => {
  if (everyMs === undefined) return [];
  const { relays, samples } = measurements;
  const findings: Finding[] = [];
  const alone: RelayGap[] = [];
  const byHost = Map.groupBy(relays.keys(), (place) => hostOf(relays[place]?.id ?? ''));
  for (const [host, own] of byHost) {
    const shared: RelayGap[] = [];
    // Relays are mostly sampled together: the same gap need not be looked into again.
    const known = new Map<string, boolean>();
    const othersSampled = ({ fromMs, toMs }: RelayGap): boolean => {
      const key = `${fromMs} ${toMs}`;
      const found =
        known.get(key) ??
        own.some((place) =>
          hasSampleInside(samples[place]?.atMs ?? new Float64Array(), {
            fromMs: fromMs + everyMs / 4,
            toMs: toMs - everyMs / 4,
          }),
        );
      known.set(key, found);
      return found;
    };
    for (const place of own)
      for (const gap of gapsOf(samples[place]?.atMs ?? new Float64Array(), place, gapIntervals * everyMs))
        (othersSampled(gap) ? alone : shared).push(gap);
    const joined = joinGaps(shared);
    const subject = (howLong: string): string =>
      `No relay${host === undefined ? '' : ` of ${host}`} was sampled ${howLong}`;
    if (joined.length > 0)
      findings.push(
        findingOf(joined, everyMs, [], subject, {
          ...(host === undefined ? {} : { host }),
          gaps: describeAll(joined, everyMs),
        }),
      );
  }
  if (alone.length > 0) {
    const names = [...new Set(alone.map(({ relay }) => relays[relay]?.id ?? ''))].sort();
    const subject = (howLong: string): string =>
      `${listed(names)} ${names.length === 1 ? 'was' : 'were'} not sampled ${howLong} although other relays were`;
    const byRelay = Object.fromEntries(
      names.slice(0, mostShown).map((name) => {
        const own = alone.filter(({ relay }) => relays[relay]?.id === name);
        return [name, own.slice(0, 5).map((gap) => describe(gap, everyMs))];
      }),
    );
    findings.push(findingOf(alone, everyMs, names, subject, { byRelay }));
  }
  return findings;
};

/** Files that hold only rows over all relays have gaps as well. */
const findAggregateGaps = ({ measurements: { samples, snapshots }, everyMs }: AuditView): Finding[] => {
  if (everyMs === undefined || samples.some(({ atMs }) => atMs.length > 0)) return [];
  const gaps = gapsOf(snapshots, -1, gapIntervals * everyMs);
  return gaps.length === 0
    ? []
    : [findingOf(gaps, everyMs, [], (howLong) => `There is no row ${howLong}`, { gaps: describeAll(gaps, everyMs) })];
};

const findRecordedGaps = ({ measurements: { gaps, relays } }: AuditView): Finding[] =>
  [...Map.groupBy(gaps, ({ host }) => host)].map(([host, own]) => ({
    code: 'gap',
    kind: 'fact',
    severity: 'warning',
    relays: relays.flatMap(({ id }) => (hostOf(id) === host ? id : [])).sort(),
    message: `${host} could not be asked at ${count(own.length, 'planned instant')}, first at ${formatInstant(own[0]?.atMs ?? 0)}: ${own[0]?.reason ?? ''}.`,
    evidence: {
      host,
      count: own.length,
      instants: own.slice(0, mostShown).map(({ atMs, reason }) => ({ at: iso(atMs), reason })),
    },
    exclusions: [],
  }));

export const findGaps: DirectCheck = (view) => [
  ...findSampledGaps(view),
  ...findAggregateGaps(view),
  ...findRecordedGaps(view),
];
