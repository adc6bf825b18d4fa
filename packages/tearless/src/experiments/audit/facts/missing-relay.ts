// `missing-relay`: a relay disappears while its arm goes on, or is in an arm and was never measured.
import { at } from '../../../stats/check.ts';
import type { DirectCheck } from '../check.ts';
import type { Finding } from '../finding.ts';
import { count, formatInstant, iso, listed } from '../wording.ts';
import { gapIntervals } from './gap.ts';
import { isReplaced } from './identity.ts';

export const findMissingRelays: DirectCheck = (view) => {
  const { measurements, everyMs, toMs } = view;
  const { relays, samples } = measurements;
  const lastMs = samples.map(({ atMs }) => (atMs.length === 0 ? undefined : at(atMs, atMs.length - 1)));
  const findings: Finding[] = [];
  for (const [arm, own] of Map.groupBy(relays.keys(), (place) => relays[place]?.arm)) {
    const where = arm === undefined ? {} : { arm };
    const never = own.filter((place) => lastMs[place] === undefined && arm !== undefined && !isReplaced(view, place));
    // An arm ends with the last of its relays; relays without one go on to the end of all.
    const endMs = arm === undefined ? toMs : Math.max(...own.map((place) => lastMs[place] ?? -Infinity));
    const gone = own.filter((place) => {
      const last = lastMs[place];
      if (last === undefined || last >= endMs) return false;
      if (everyMs !== undefined) return endMs - last > gapIntervals * everyMs;
      // Without a usual interval, the others must have been sampled twice since.
      return own.some((other) => (samples[other]?.atMs.filter((ms) => ms > last).length ?? 0) >= 2);
    });
    const names = (places: readonly number[]): string[] => places.map((place) => relays[place]?.id ?? '').sort();
    if (gone.length > 0)
      findings.push({
        code: 'missing-relay',
        kind: 'fact',
        severity: 'warning',
        ...where,
        relays: names(gone),
        message: `${listed(names(gone))} disappear${gone.length === 1 ? 's' : ''} before the end: ${arm === undefined ? 'the others go on' : `arm ${arm} goes on`} to ${formatInstant(endMs)}.`,
        evidence: {
          endsAt: iso(endMs),
          lastSeen: Object.fromEntries(gone.map((place) => [relays[place]?.id ?? '', iso(lastMs[place] ?? 0)])),
        },
        exclusions: [],
      });
    if (never.length > 0 && never.length < own.length)
      findings.push({
        code: 'missing-relay',
        kind: 'fact',
        severity: 'warning',
        ...where,
        relays: names(never),
        message: `${count(never.length, 'relay')} of arm ${arm} ${never.length === 1 ? 'was' : 'were'} never measured: ${listed(names(never))}.`,
        evidence: { neverMeasured: names(never) },
        exclusions: [],
      });
  }
  return findings;
};
