// What somebody wrote down at the time and that explains a finding: a restart, an arm added, relays moved.
import type { JsonObject } from '../../base/json.ts';
import { dayMs } from '../../stats/series/theil-sen.ts';
import type { AuditView } from './audit-view.ts';
import { formatInstant, iso } from './wording.ts';

export type Happening = 'start' | 'arm';

const words: Readonly<Record<Happening, RegExp>> = {
  start: /restart|reboot|started|deploy|arm.?added|added/i,
  arm: /arm|group|added|moved|switch|deploy|restart|\bchange/i,
};
const mostCited = 3;

export interface Citation {
  /** To follow the message: ` Written down: 2026-01-05 21:50 UTC restart, ‘arm I with mimalloc’.`; '' where nothing was. */
  readonly message: string;
  readonly evidence: JsonObject;
}

/**
 * Events of that kind within a day of the instant that are about all relays or some of these.
 *
 * @param relays places in `measurements.relays`
 */
export const citeEvents = (
  { measurements: { events, relays: all }, everyMs = 0 }: AuditView,
  happening: Happening,
  atMs: number,
  relays: Iterable<number>,
): Citation => {
  const names = new Set([...relays].flatMap((place) => [all[place]?.id, all[place]?.nickname]));
  const cited = events
    .filter(
      (event) =>
        // What a sample shows happened up to an interval before it.
        event.atMs >= atMs - dayMs - everyMs &&
        event.atMs <= atMs + dayMs &&
        words[happening].test(`${event.kind} ${event.text}`) &&
        (event.relays.length === 0 || event.relays.some((name) => names.has(name))),
    )
    .sort((a, b) => Math.abs(a.atMs - atMs) - Math.abs(b.atMs - atMs))
    .slice(0, mostCited)
    .sort((a, b) => a.atMs - b.atMs);
  if (cited.length === 0) return { message: '', evidence: {} };
  const said = cited.map(({ atMs, kind, text }) => `${formatInstant(atMs)} ${kind}${text === '' ? '' : `, ‘${text}’`}`);
  return {
    message: ` Written down: ${said.join('; ')}.`,
    evidence: { events: cited.map(({ atMs, kind, text }) => ({ at: iso(atMs), kind, text })) },
  };
};
