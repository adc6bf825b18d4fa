// The relays that a command of live updates names, and what each of them runs.
import { isDescribedError } from '../../../base/error.ts';
import { runPool } from '../../../change/pool.ts';
import { type Running, readRunning } from '../../../live/apply/read-running.ts';
import { readUsed } from '../../../live/apply/steps/use.ts';
import { type FleetObservation, findSeenRelay, type SeenRelay } from '../../../relays/fleet-observation.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { readLimit } from '../make-plan.ts';
import { hostsOf, observeFleet } from '../observe.ts';

export interface RunningRelay extends SeenRelay {
  /** Undefined for one that does not run, or whose process cannot be looked at. */
  readonly running: Running | undefined;
  /** Why not. */
  readonly trouble: string | undefined;
  /** The build that systemd would start it from; null where that is as its package has it. */
  readonly used: string | null;
}

/** @param names selectors, as `--limit` takes them; all relays without any */
export const lookAtRunning = async (
  fleet: ReadFleet,
  names: readonly string[],
  context: CommandContext,
): Promise<{ readonly relays: readonly RunningRelay[]; readonly observation: FleetObservation }> => {
  const limit = readLimit(fleet.desired, names.length === 0 ? undefined : names.join(','), '');
  const wanted = fleet.desired.relays.filter(limit);
  const observation = await observeFleet(fleet, hostsOf(wanted), context);
  const seen = wanted.map((relay) => findSeenRelay(relay, observation));
  const found = new Map<string, RunningRelay>();
  await runPool(
    seen,
    { itemsAtOnce: 32, itemsPerHost: 4 },
    ({ relay }) => relay.host,
    async (one) => {
      const { relay, instance } = one;
      const host = fleet.hosts.get(relay.host);
      const used = await readUsed(host, relay.instance);
      if (instance.activeState !== 'active') {
        found.set(relay.id, { ...one, used, running: undefined, trouble: `it is ${instance.activeState}` });
        return;
      }
      try {
        const running = await readRunning({ host, signal: context.signal }, relay.instance);
        found.set(relay.id, { ...one, used, running, trouble: undefined });
      } catch (error) {
        if (!isDescribedError(error) || error.kind === 'interrupted' || error.kind === 'bug') throw error;
        found.set(relay.id, { ...one, used, running: undefined, trouble: error.message });
      }
    },
  );
  return { relays: seen.flatMap(({ relay }) => found.get(relay.id) ?? []), observation };
};
