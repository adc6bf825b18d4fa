// Workers whose introduction points meet at relays: tor takes relays by their bandwidth, so that many are at a few of them.
import type { Random } from '../../../stats/random/random.ts';
import type { WorkerPoints } from '../../model/worker.ts';
import { workerPoints } from './layouts.ts';

export interface MeetingShape {
  /** One a worker. */
  readonly weights: readonly number[];
  readonly relays: number;
  /** 0: all relays are alike; 1: the second has half the bandwidth of the first, the third a third. */
  readonly slope: number;
}

/** Each worker's three points are at different relays, as with tor. @param shape at least three relays */
export const meetingWorkers = ({ weights, relays, slope }: MeetingShape, random: Random): WorkerPoints[] => {
  const bandwidths = Array.from({ length: relays }, (_, index) => (index + 1) ** -slope);
  const pick = (without: ReadonlySet<number>): number => {
    const open = bandwidths.map((bandwidth, index) => (without.has(index) ? 0 : bandwidth));
    let left = random.uniform() * open.reduce((sum, bandwidth) => sum + bandwidth, 0);
    const found = open.findIndex((bandwidth) => {
      left -= bandwidth;
      return bandwidth > 0 && left <= 0;
    });
    return found === -1 ? open.findLastIndex((bandwidth) => bandwidth > 0) : found;
  };
  return weights.map((weight, index) => {
    const own = new Set<number>();
    while (own.size < 3) own.add(pick(own));
    const at = [...own];
    return workerPoints({ weight, relayOf: (point) => `relay ${at[point]}` }, index);
  });
};
