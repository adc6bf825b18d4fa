// The hosts and relays of the configuration for `doctor`, each host read once. Nothing where the configuration is wrong:
// that is a check of its own.
import { TearlessError } from '../../../base/error.ts';
import type { Check } from '../check.ts';
import type { CommandContext } from '../context.ts';
import { openReadFleet, type ReadFleet } from '../fleet.ts';
import { inspectHosts } from '../inspect-host.ts';
import { judgeDrift, judgeFamilies, judgeHosts, toObservation } from './fleet-checks.ts';
import { checkLocks } from './lock-checks.ts';

const open = async (context: CommandContext): Promise<ReadFleet | undefined> => {
  try {
    return await openReadFleet(context);
  } catch (error) {
    if (error instanceof TearlessError && error.kind === 'config') return undefined;
    throw error;
  }
};

export const checkFleet = async (context: CommandContext): Promise<Check[]> => {
  await using fleet = await open(context);
  if (fleet === undefined) return [];
  const { config, desired, hosts } = fleet;
  const inspections = await inspectHosts(fleet, Object.keys(config.hosts), context);
  const withHelper = inspections.filter(({ helper }) => helper?.isCurrent === true).map(({ name }) => name);
  const locks = await checkLocks(hosts, withHelper, context);
  const observation = toObservation(inspections);
  return [
    ...judgeHosts(inspections),
    ...locks,
    ...judgeDrift(config, desired, observation),
    ...judgeFamilies(desired, observation),
  ];
};
