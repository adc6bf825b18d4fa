// Whose samples a collection takes, and under which names the store keeps them.
import { didYouMean } from '../../../base/did-you-mean.ts';
import { isUnderWay, listAssigned } from '../../../config/experiments.ts';
import type { ExperimentConfig } from '../../../config/schema.ts';
import type { CollectionTarget } from '../../../experiments/collect/collect-once.ts';
import type { VersionOf } from '../../../experiments/collect/collected-relay.ts';
import { findStoredExperiment } from '../../../store/experiments.ts';
import { usageError } from '../cli-error.ts';
import type { Fleet } from '../fleet.ts';
import { readLimit } from '../make-plan.ts';

export interface TargetChoice {
  /** An experiment, or the fleet's own name; without it the fleet, and every experiment that is under way. */
  readonly name: string | undefined;
  readonly limit: string | undefined;
}

const armsOf = (experiment: ExperimentConfig): Map<string, string> =>
  new Map(listAssigned(experiment).map(({ relay, arm }) => [relay, arm]));

/**
 * The fleet's own collection takes every declared relay; an experiment of the configuration those that it assigned; one that
 * only the store knows takes every declared relay, since it was made elsewhere.
 * @throws CliError `cli-usage` for an unknown experiment, or a limit that leaves nothing
 */
export const chooseTargets = async (fleet: Fleet, { name, limit }: TargetChoice): Promise<CollectionTarget[]> => {
  const { config, desired, store } = fleet;
  const declared = config.experiments ?? {};
  const selected = new Set(desired.relays.filter(readLimit(desired, limit)).map(({ id }) => id));
  const everyRelay = (id: string): CollectionTarget => ({
    id,
    relays: new Map([...selected].map((relay) => [relay, undefined])),
  });
  const ofExperiment = (id: string, experiment: ExperimentConfig): CollectionTarget => ({
    id,
    relays: new Map([...armsOf(experiment)].filter(([relay]) => selected.has(relay))),
  });
  const choose = async (): Promise<CollectionTarget[]> => {
    if (name === undefined)
      return [
        everyRelay(config.fleet),
        ...Object.entries(declared)
          .filter(([, experiment]) => isUnderWay(experiment))
          .map(([id, experiment]) => ofExperiment(id, experiment)),
      ];
    const experiment = declared[name];
    if (experiment !== undefined) return [ofExperiment(name, experiment)];
    if (name === config.fleet || (await findStoredExperiment(store, name)) !== undefined) return [everyRelay(name)];
    throw usageError(
      `there is no experiment '${name}'`,
      didYouMean(name, [config.fleet, ...Object.keys(declared)]) ?? "'tearless experiment ls' shows them",
    );
  };
  const targets = (await choose()).filter(({ relays }) => relays.size > 0);
  if (targets.length === 0)
    throw usageError('there is no relay to collect from', "declare relays, or see 'tearless relay ls'");
  return targets;
};

/** Versions of allocators by the build-ids that the configuration declares. */
export const declaredVersions = ({ desired }: Pick<Fleet, 'desired'>): VersionOf => {
  const versions = new Map(
    Object.values(desired.allocators).flatMap(({ buildIds, version }) =>
      buildIds.map((buildId): [string, string] => [buildId, version]),
    ),
  );
  return (buildId) => versions.get(buildId);
};
