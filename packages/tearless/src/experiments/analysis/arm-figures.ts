// The figures of every arm from one set of relays: once as assigned, once without those that are excluded.
import type { ArmFigures, VersusControl } from '../../report/experiment/experiment-report.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import type { TimeWindow } from '../../stats/series/series.ts';
import { adjustedPValues, type TestedArm } from './adjusted-p.ts';
import { estimateArm, estimateVersus } from './estimates.ts';
import type { RelayFigures } from './relay-figures.ts';
import { reportWindow } from './words.ts';

/** An arm that has samples in its window. */
export interface MeasuredArm {
  readonly arm: string;
  readonly window: TimeWindow;
  readonly figures: readonly RelayFigures[];
  /** Figures of control over the same window; undefined for control itself, and where there is none. */
  readonly controlFigures: readonly RelayFigures[] | undefined;
}

export interface FigureOptions {
  readonly seed: string;
  readonly isExcluded: (relay: string) => boolean;
  readonly blockOf: (relay: string) => string | undefined;
  /** False for exploratory figures. */
  readonly withP: boolean;
  /** Steps of the tests, kept from one set of relays to the next. */
  readonly known: Map<string, number>;
}

const rssOf = (figures: readonly RelayFigures[]): number[] => figures.map(({ rssBytes }) => rssBytes);

export const emptyFigures: ArmFigures = {
  relays: 0,
  rssBytes: null,
  slopeBytesPerDay: null,
  versusControl: null,
  restarts: 0,
};

/** By arm, for every arm handed in. */
export const armFigures = (arms: readonly MeasuredArm[], options: FigureOptions): Map<string, ArmFigures> => {
  const { seed, isExcluded, blockOf, withP, known } = options;
  const keep = (figures: readonly RelayFigures[]): RelayFigures[] => figures.filter(({ relay }) => !isExcluded(relay));
  const kept = arms.map((arm) => ({
    ...arm,
    figures: keep(arm.figures),
    controlFigures: arm.controlFigures === undefined ? undefined : keep(arm.controlFigures),
  }));
  const unitsOf = (figures: readonly RelayFigures[]): TestedArm['units'] =>
    figures.map(({ relay, rssBytes }) => {
      const block = blockOf(relay);
      return block === undefined ? { value: rssBytes } : { value: rssBytes, block };
    });
  const tested = kept.flatMap(({ arm, window, figures, controlFigures }): TestedArm[] =>
    controlFigures === undefined
      ? []
      : [{ arm, window, units: unitsOf(figures), controlUnits: unitsOf(controlFigures) }],
  );
  const adjusted = withP ? adjustedPValues(tested, `${seed}/p`, known) : new Map<string, number>();
  const versus = ({ arm, window, figures, controlFigures }: MeasuredArm): VersusControl | null => {
    const estimates = estimateVersus(
      rssOf(figures),
      rssOf(controlFigures ?? []),
      randomFromSeed(`${seed}/versus/${arm}`),
    );
    return estimates && { ...estimates, adjustedP: adjusted.get(arm) ?? null, window: reportWindow(window) };
  };
  return new Map(
    kept.map((measured): [string, ArmFigures] => {
      const { arm, figures } = measured;
      if (figures.length === 0) return [arm, emptyFigures];
      const slopes = figures.flatMap(({ slopeBytesPerDay }) => slopeBytesPerDay ?? []);
      return [
        arm,
        {
          relays: figures.length,
          rssBytes: estimateArm(rssOf(figures), randomFromSeed(`${seed}/mean/${arm}`), 0),
          slopeBytesPerDay: estimateArm(slopes, randomFromSeed(`${seed}/slope/${arm}`)),
          versusControl: versus(measured),
          restarts: figures.reduce((sum, { restarts }) => sum + restarts, 0),
        },
      ];
    }),
  );
};
