// Experiments as declared: who is in which arm, which of them are under way, and the layer that those lay over settings.
import type { ArmConfig, Config, ExperimentConfig } from './schema.ts';

/** A relay's place in an experiment. */
export interface Assigned {
  /** `host/instance`. */
  readonly relay: string;
  readonly arm: string;
  /** `1`, `2`, … in the order written. */
  readonly block: string;
}

/** From the moment when its first relay was about to be changed until it is concluded. */
export const isUnderWay = ({ starting, started, concluded }: ExperimentConfig): boolean =>
  (starting !== undefined || started !== undefined) && concluded === undefined;

export interface Assignment {
  /** By name, in order. */
  readonly arms: Readonly<Record<string, unknown>>;
  readonly blocks: readonly Readonly<Record<string, string>>[];
}

/** Block by block, in each in the order of the arms. */
export const listAssigned = ({ arms, blocks }: Assignment): Assigned[] =>
  blocks.flatMap((block, index) =>
    Object.keys(arms).flatMap((arm) => {
      const relay = block[arm];
      return relay === undefined ? [] : [{ relay, arm, block: `${index + 1}` }];
    }),
  );

export interface ExperimentLayer {
  readonly experiment: string;
  readonly arm: string;
  readonly treatment: ArmConfig;
}

/** What experiments that are under way say of relays, by relay. */
export const findLayers = ({ experiments = {} }: Pick<Config, 'experiments'>): Map<string, ExperimentLayer> => {
  const layers = new Map<string, ExperimentLayer>();
  for (const [experiment, config] of Object.entries(experiments)) {
    if (!isUnderWay(config)) continue;
    for (const { relay, arm } of listAssigned(config)) {
      const treatment = config.arms[arm];
      if (treatment !== undefined) layers.set(relay, { experiment, arm, treatment });
    }
  }
  return layers;
};
