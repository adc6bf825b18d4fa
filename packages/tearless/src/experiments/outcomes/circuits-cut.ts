// What users lose when a process ends: every circuit on its connections. Tor tells how many connections are open, not how
// many circuits they carry, so connections are what is counted.
import { at } from '../../stats/check.ts';
import { findRestarts } from '../analysis/restarts.ts';
import type { RelaySamples } from '../model/measurements.ts';
import { dayMs, leastMeasured, type Outcome } from './outcome.ts';

/** Open connections at the last sample at or before `ms` that has the figure. */
const openBefore = ({ atMs }: RelaySamples, connections: Float64Array, ms: number): number | undefined => {
  for (let index = atMs.length - 1; index >= 0; index--)
    if (at(atMs, index) <= ms && Number.isFinite(at(connections, index))) return at(connections, index);
  return undefined;
};

/** Began inside, and nothing was sampled of the process before: what ended with that one is not known. */
const beganUnseen = ({ figures, atMs }: RelaySamples, fromMs: number, toMs: number): boolean => {
  const starts = figures.get('startedMs');
  const first = starts?.findIndex((start) => Number.isFinite(start)) ?? -1;
  if (starts === undefined || first === -1 || at(atMs, first) > toMs) return false;
  return at(starts, first) > fromMs;
};

export const circuitsCut: Outcome = {
  id: 'circuitsCut',
  title: 'connections cut a day, with all their circuits',
  unit: 'connections',
  better: 'lower',
  definition:
    'Connections a day that end with their process, each with every circuit on it: those open at the last sample before each restart. A live update that keeps the process cuts none. A relay that restarted before its first sample is not counted: nobody knows what it cut.',
  figureOf: ({ samples }, relay, { fromMs, toMs }) => {
    const own = samples[relay];
    const connections = own?.figures.get('connections');
    if (own === undefined || connections === undefined) return undefined;
    const inside = own.atMs.filter((ms) => ms >= fromMs && ms <= toMs);
    const coveredMs = (inside.at(-1) ?? 0) - (inside[0] ?? 0);
    if (coveredMs < leastMeasured * (toMs - fromMs) || coveredMs === 0 || beganUnseen(own, fromMs, toMs))
      return undefined;
    const ends = findRestarts(own).filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
    let cut = 0;
    for (const { afterMs } of ends) {
      const open = openBefore(own, connections, afterMs);
      if (open === undefined) return undefined;
      cut += open;
    }
    return cut * (dayMs / coveredMs);
  },
};
