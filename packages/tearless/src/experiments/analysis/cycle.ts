// The cycle of an arm whose relays are restarted again and again: a sawtooth has a fair mean over whole cycles only.
import { alignSeries } from '../../stats/series/aligned.ts';
import { findPeriod } from '../../stats/series/period.ts';
import { restartPeriod } from '../../stats/series/restarts.ts';
import { median } from '../../stats/series/select.ts';
import type { Series } from '../../stats/series/series.ts';
import type { Arm } from '../model/experiment.ts';
import type { Restart } from './restarts.ts';

export interface Cycle {
  readonly periodMs: number;
  /** The arm's `restart_interval`, the usual distance of its restarts, or how its mean memory repeats itself. */
  readonly how: 'stated' | 'restarts' | 'autocorrelation';
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

const intervalPattern = /^(\d+(?:\.\d+)?)\s*(?:([smhdw])|(s)ec(?:ond)?s?|(m)in(?:ute)?s?|(h)ours?|(d)ays?|(w)eeks?)?$/i;

/** `24h`, `90 min`, `1d`, or a number of seconds, as experiments write it. */
const readInterval = (value: string | number | boolean | undefined): number | undefined => {
  const found = intervalPattern.exec(String(value ?? '').trim());
  if (found === null) return undefined;
  const unit = (found
    .slice(2)
    .find((letter) => letter !== undefined)
    ?.toLowerCase() ?? 's') as keyof typeof unitMs;
  const ms = Number(found[1]) * unitMs[unit];
  return ms > 0 ? ms : undefined;
};

/** Most of the distances between restarts must lie so near to the usual one, or restarts were missed. */
const nearDistance = 0.25;
const nearShare = 0.6;
const curveBins = 512;

const byRestarts = (restartsOfRelays: readonly (readonly Restart[])[]): number | undefined => {
  const drops = restartsOfRelays.map((restarts) =>
    restarts.map(({ afterMs, atMs }) => ({ afterMs, byMs: atMs, share: 1 })),
  );
  const periodMs = restartPeriod(drops);
  if (periodMs === undefined) return undefined;
  const distances = restartsOfRelays.flatMap((restarts) =>
    restarts.slice(1).map(({ atMs }, index) => atMs - (restarts[index]?.atMs ?? atMs)),
  );
  const near = distances.filter((distance) => Math.abs(distance - periodMs) <= nearDistance * periodMs).length;
  return near >= nearShare * distances.length ? periodMs : undefined;
};

const byCurve = (relays: readonly Series[]): number | undefined => {
  const fromMs = Math.min(...relays.map(({ atMs }) => atMs[0] ?? Infinity));
  const toMs = Math.max(...relays.map(({ atMs }) => atMs[atMs.length - 1] ?? -Infinity));
  if (!(fromMs < toMs)) return undefined;
  const { atMs, rows } = alignSeries(relays, { fromMs, toMs }, curveBins);
  if (rows.length === 0) return undefined;
  const values = atMs.map((_, bin) => rows.reduce((sum, row) => sum + (row[bin] ?? 0), 0) / rows.length);
  return findPeriod({ atMs, values })?.periodMs;
};

/**
 * @param relays series and restarts of the arm's relays
 * @returns undefined for an arm that is not restarted on a schedule; a crash now and then is none.
 */
export const findCycle = (
  arm: Arm,
  relays: readonly { readonly series: Series; readonly restarts: readonly Restart[] }[],
): Cycle | undefined => {
  const stated = readInterval(arm.config.restart_interval);
  if (stated !== undefined) return { periodMs: stated, how: 'stated' };
  const restarts = relays.map((relay) => relay.restarts);
  if (restarts.length === 0 || median(restarts.map(({ length }) => length)) < 2) return undefined;
  const distance = byRestarts(restarts);
  if (distance !== undefined) return { periodMs: distance, how: 'restarts' };
  const period = byCurve(relays.map(({ series }) => series));
  return period === undefined ? undefined : { periodMs: period, how: 'autocorrelation' };
};
