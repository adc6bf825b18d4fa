// Runs as the hosts of a fleet remember them: how another operator's machine learns of a run.
import { type DescribedError, isDescribedError } from '../../base/error.ts';
import { listHostRuns } from '../../change/host-journal.ts';
import { runPool } from '../../change/pool.ts';
import type { Host } from '../../host/host.ts';
import type { CommandContext } from './context.ts';
import { openReadFleet } from './fleet.ts';

/** Hosts asked at once. */
const side = { itemsAtOnce: 32, itemsPerHost: 1 };

export interface RunOnHosts {
  readonly run: string;
  readonly hosts: readonly string[];
}

export interface HostRuns {
  /** Every run that a host of the configured fleet has a journal of, newest first. */
  readonly runs: readonly RunOnHosts[];
  /** Hosts that could not be asked: what they know is missing. */
  readonly unreachable: ReadonlyMap<string, DescribedError>;
}

/** Asks each host. @param hostOf one by its name */
export const readHostRuns = async (
  names: readonly string[],
  hostOf: (name: string) => Host,
  signal: AbortSignal,
): Promise<HostRuns> => {
  const found = new Map<string, string[]>();
  const unreachable = new Map<string, DescribedError>();
  const hostItself = (name: string): string => name;
  await runPool(names, side, hostItself, async (name) => {
    try {
      for (const { run } of await listHostRuns(hostOf(name), { signal }))
        found.set(run, [...(found.get(run) ?? []), name].sort());
    } catch (error) {
      if (!isDescribedError(error) || error.kind === 'interrupted' || error.kind === 'bug') throw error;
      unreachable.set(name, error);
    }
  });
  const runs = [...found].map(([run, hosts]) => ({ run, hosts })).sort((a, b) => (a.run < b.run ? 1 : -1));
  return { runs, unreachable: new Map([...unreachable].sort(([a], [b]) => (a < b ? -1 : 1))) };
};

export const findHostRuns = async (context: CommandContext): Promise<HostRuns> => {
  await using fleet = await openReadFleet(context);
  return await readHostRuns(Object.keys(fleet.config.hosts), (name) => fleet.hosts.get(name), context.signal);
};
