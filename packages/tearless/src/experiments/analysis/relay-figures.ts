// One figure a relay over a window: the unit of everything that follows. Samples of a relay are never independent.
import type { TimeWindow } from '../../stats/series/series.ts';
import { theilSen } from '../../stats/series/theil-sen.ts';
import { timeWeightedMean } from '../../stats/series/time-weighted-mean.ts';
import { bytesPerKib, cutOwn } from './own-series.ts';
import type { ArmRelay } from './window.ts';

export interface RelayFigures {
  readonly relay: string;
  /** Time-weighted mean of VmRSS. */
  readonly rssBytes: number;
  /** Theil–Sen; undefined with a single sample, or where growth was not asked for. */
  readonly slopeBytesPerDay: number | undefined;
  /** The slope is of bins of time, because there are too many pairs of samples. */
  readonly binned: boolean;
  readonly samples: number;
  /** From its first sample in the window to its last. */
  readonly coveredMs: number;
  /** In the window. */
  readonly restarts: number;
}

/** Figures of those relays that have a sample in the window, in the order given. */
export const relayFigures = (
  relays: readonly ArmRelay[],
  window: TimeWindow,
  { growth = true }: { readonly growth?: boolean } = {},
): RelayFigures[] =>
  relays.flatMap(({ id, series, restarts }): RelayFigures[] => {
    const inside = cutOwn(series, window);
    const mean = timeWeightedMean(inside);
    if (mean === undefined) return [];
    const slope = growth ? theilSen(inside) : undefined;
    return [
      {
        relay: id,
        rssBytes: mean.mean * bytesPerKib,
        slopeBytesPerDay: slope === undefined ? undefined : slope.slopePerDay * bytesPerKib,
        binned: slope?.bins !== undefined,
        samples: mean.samples,
        coveredMs: mean.coveredMs,
        restarts: restarts.filter(({ atMs }) => atMs >= window.fromMs && atMs <= window.toMs).length,
      },
    ];
  });
