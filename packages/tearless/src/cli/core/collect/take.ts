// Takes one collection of a fleet: for `collect`, and for every command that needs figures of this instant.
import { type Collection, type CollectionTarget, collectOnce } from '../../../experiments/collect/collect-once.ts';
import { keepSamples } from '../../../experiments/collect/keep-samples.ts';
import { pruneTraffic } from '../../../experiments/collect/prune-traffic.ts';
import type { CommandContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Fleet } from '../fleet.ts';
import { declaredVersions } from './targets.ts';

/** Longest that a host may take to answer. */
const hostTimeoutMs = 60_000;

/** Asks the hosts, keeps what they answer, and bins what has grown too old to be kept as it is. */
export const takeCollection = async (
  fleet: Fleet,
  targets: readonly CollectionTarget[],
  context: CommandContext,
  plannedMs: number,
): Promise<Collection> => {
  const { clock } = context.surroundings;
  const collection = await collectOnce({
    targets,
    hostOf: (name) => fleet.hosts.get(name),
    store: keepSamples(fleet.store, clock),
    versionOf: declaredVersions(fleet),
    clock,
    plannedMs,
    signal: context.signal,
    timeoutMs: hostTimeoutMs,
  });
  for (const { id } of targets) await pruneTraffic(fleet.store, id, clock.now());
  return collection;
};

/** Hosts that could not be reached win over hosts that failed otherwise. */
export const exitCodeOfCollection = ({ gaps }: Pick<Collection, 'gaps'>): ExitCode => {
  if (gaps.length === 0) return exitCodes.done;
  const away = gaps.some(({ error }) => error.kind === 'unreachable' || error.kind === 'timeout');
  return away ? exitCodes.someHostsUnreachable : exitCodes.someHostsFailed;
};
