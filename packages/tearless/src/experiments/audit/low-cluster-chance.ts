// What chance makes of the low-cluster statistic, kept for each size of an arm: simulating it takes a tenth of a second.
import { type LowClusterNull, lowClusterNull } from '../../stats/hypothesis/low-cluster.ts';
import { randomFromSeed } from '../../stats/random/random.ts';

export type LowClusterChance = (relays: number) => LowClusterNull;

const known = new Map<number, LowClusterNull>();

/** The same for every experiment: its seed is fixed, so that the same data always has the same p value. */
export const lowClusterChance: LowClusterChance = (relays) => {
  const found = known.get(relays) ?? lowClusterNull(relays, randomFromSeed(`low-cluster/${relays}`));
  known.set(relays, found);
  return found;
};
