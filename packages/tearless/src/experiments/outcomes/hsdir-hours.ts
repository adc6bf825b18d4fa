// How long a relay is HSDir: every restart costs the flag for 96 h (dir-spec §3.4.2; the uptime that its descriptor states).
import type { FlagSighting } from '../model/measurements.ts';
import { leastMeasured, type Outcome } from './outcome.ts';

/** A consensus is valid for three hours: longer than that, a sighting tells nothing. */
const longestHoldMs = 3 * 3_600_000;

interface Held {
  readonly observedMs: number;
  readonly heldMs: number;
}

const hold = (sightings: readonly FlagSighting[], flag: string, fromMs: number, toMs: number): Held => {
  let observedMs = 0;
  let heldMs = 0;
  for (const [index, { atMs, flags }] of sightings.entries()) {
    const nextMs = Math.min(sightings[index + 1]?.atMs ?? toMs, atMs + longestHoldMs, toMs);
    const length = Math.max(0, nextMs - Math.max(atMs, fromMs));
    observedMs += length;
    if (flags.includes(flag)) heldMs += length;
  }
  return { observedMs, heldMs };
};

export const hsDirHours: Outcome = {
  id: 'hsDirHours',
  title: 'hours as HSDir a day',
  unit: 'hours',
  better: 'higher',
  definition:
    'Hours a day for which the consensus lists the relay as HSDir: each sighting of its flags counts until the next one, for three hours at most; time without sightings counts neither way.',
  figureOf: ({ flags }, relay, { fromMs, toMs }) => {
    const { observedMs, heldMs } = hold(flags[relay] ?? [], 'HSDir', fromMs, toMs);
    return observedMs < leastMeasured * (toMs - fromMs) || observedMs === 0 ? undefined : (24 * heldMs) / observedMs;
  },
};
