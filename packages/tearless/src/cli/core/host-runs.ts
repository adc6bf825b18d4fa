// Runs as the hosts of a fleet remember them: how another operator's machine learns of a run.
import { listHostRuns } from '../../change/host-journal.ts';
import type { CommandContext } from './context.ts';
import { openFleet } from './fleet.ts';

export interface RunOnHosts {
  readonly run: string;
  readonly hosts: readonly string[];
}

/** Every run that a host of the configured fleet has a journal of, newest first. */
export const findHostRuns = async (context: CommandContext): Promise<RunOnHosts[]> => {
  await using fleet = await openFleet(context);
  const hosts = new Map<string, string[]>();
  await Promise.all(
    Object.keys(fleet.config.hosts).map(async (name) => {
      for (const { run } of await listHostRuns(fleet.hosts.get(name)))
        hosts.set(run, [...(hosts.get(run) ?? []), name].sort());
    }),
  );
  return [...hosts].map(([run, names]) => ({ run, hosts: names })).sort((a, b) => (a.run < b.run ? 1 : -1));
};
