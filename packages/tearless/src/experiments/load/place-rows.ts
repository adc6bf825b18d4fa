// Rows of several sources as measurements hold them: by relay, in order, each instant once.
import type { AggregateRow, FlagSighting, RelayTraffic } from '../model/measurements.ts';
import type { RelayKey } from './block-heads.ts';
import type { FlagRow, TrafficRow } from './row-blocks.ts';

/** In order; of one instant and server the first that came. */
export const mergeAggregates = (rows: AggregateRow[]): AggregateRow[] => {
  const seen = new Set<string>();
  return rows
    .filter(({ atMs, server }) => {
      const key = `${atMs}\n${server}`;
      return seen.has(key) ? false : seen.add(key);
    })
    .sort((a, b) => a.atMs - b.atMs || (a.server < b.server ? -1 : 1));
};

/** Rows by relay and time; of one instant the first that came. */
export const placeRows = <T extends { readonly relay: RelayKey; readonly atMs: number }>(
  rows: readonly T[],
  relays: number,
  relayOf: (key: RelayKey) => number | undefined,
): T[][] => {
  const placed: T[][] = Array.from({ length: relays }, () => []);
  for (const row of rows) placed[relayOf(row.relay) ?? -1]?.push(row);
  return placed.map((own) => {
    own.sort((a, b) => a.atMs - b.atMs);
    return own.filter(({ atMs }, index) => index === 0 || own[index - 1]?.atMs !== atMs);
  });
};

export const toTraffic = (rows: readonly TrafficRow[]): RelayTraffic => ({
  atMs: Float64Array.from(rows, ({ atMs }) => atMs),
  observedBps: Float64Array.from(rows, ({ observedBps }) => observedBps),
  advertisedBps: Float64Array.from(rows, ({ advertisedBps }) => advertisedBps),
  writtenBps: Float64Array.from(rows, ({ writtenBps }) => writtenBps),
});

export const toSighting = ({ atMs, flags, running }: FlagRow): FlagSighting => ({
  atMs,
  flags,
  ...(running === undefined ? {} : { running }),
});
