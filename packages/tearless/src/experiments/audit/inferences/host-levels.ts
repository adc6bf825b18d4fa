// What a host does to the memory of all its relays, whatever their arm: taken out before relays of several hosts are
// compared inside an arm, so that a smaller host is no contamination.
import { hostOf } from '../hosts.ts';

export interface ArmFigures {
  /** Ids of the arm's relays, and a figure of each. */
  readonly relays: readonly string[];
  readonly figures: readonly number[];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Each host's level: its relays' figures as shares of their arm's mean, averaged over arms with a relay on it and one
 * elsewhere.
 *
 * @returns 1 for every host where relays tell no host, or only one
 */
export const hostLevels = (arms: readonly ArmFigures[]): ((relay: string) => number) => {
  const shares = new Map<string, number[]>();
  for (const { relays, figures } of arms) {
    const own = mean(figures);
    const byHost = Map.groupBy(relays.keys(), (place) => hostOf(relays[place] ?? ''));
    if (byHost.size < 2 || !(own > 0)) continue;
    for (const [host, places] of byHost) {
      if (host === undefined) continue;
      const share = mean(places.map((place) => figures[place] ?? 0)) / own;
      shares.set(host, [...(shares.get(host) ?? []), share]);
    }
  }
  const levels = new Map([...shares].map(([host, own]) => [host, mean(own)]));
  return (relay) => levels.get(hostOf(relay) ?? '') || 1;
};
