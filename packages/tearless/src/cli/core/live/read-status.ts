// How relays stand with live updates: what their hosts keep of them, and what tor says of releases.
import { isNotYet, withControl } from '../../../daemon/control.ts';
import { describeRunning, type LiveState } from '../../../live/status/describe-running.ts';
import { findNewerReleases } from '../../../live/status/newer-releases.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { lookAtRunning, type RunningRelay } from './look-at-running.ts';

export interface RelayLiveStatus {
  readonly relay: string;
  /** As tor says it; null for one that does not say. */
  readonly version: string | null;
  /** Null for one that does not run, or cannot be looked at. */
  readonly state: LiveState | null;
  /** Recommended releases that are newer; null where that is not known. */
  readonly newer: readonly string[] | null;
  readonly warnings: readonly string[];
}

interface Versions {
  readonly version: string;
  readonly recommended: string;
}

/** Undefined where it does not know yet, as one that has just begun; `silent` for one that stands still. */
export const askVersions = async (
  fleet: Pick<ReadFleet, 'hosts'>,
  { relay }: Pick<RunningRelay, 'relay'>,
  { signal }: Pick<CommandContext, 'signal'>,
): Promise<Versions | 'silent' | undefined> => {
  try {
    return await withControl({ host: fleet.hosts.get(relay.host), signal }, relay.instance, async (controller) => ({
      version: await controller.info('version'),
      recommended: await controller.getInfo('status/version/recommended'),
    }));
  } catch (error) {
    if (!isNotYet(error)) throw error;
    return (error as { readonly kind?: unknown }).kind === 'timeout' ? 'silent' : undefined;
  }
};

export const readLiveStatus = async (
  fleet: ReadFleet,
  names: readonly string[],
  context: CommandContext,
): Promise<RelayLiveStatus[]> => {
  const { relays } = await lookAtRunning(fleet, names, context);
  return Promise.all(
    relays.map(async (one): Promise<RelayLiveStatus> => {
      const { relay, running, used, trouble, instance } = one;
      if (running === undefined)
        return { relay: relay.id, version: null, state: null, newer: null, warnings: [trouble ?? 'it does not run'] };
      const { look, program, build, record } = running;
      const state = describeRunning({
        program,
        build,
        record,
        mappings: look.mappings,
        used,
        isReplaced: instance.process?.executable?.replaced === true,
      });
      const answer = await askVersions(fleet, one, context);
      const said = answer === 'silent' ? undefined : answer;
      const newer = said === undefined ? undefined : findNewerReleases(said.version, said.recommended);
      return {
        relay: relay.id,
        version: said?.version ?? null,
        state,
        newer: newer ?? null,
        warnings: [
          ...(answer === 'silent' ? [`its process runs and does not answer: look at its log on ${relay.host}`] : []),
          ...(state.pending ? ['an update was cut off: apply or roll back once more'] : []),
          ...(state.differsFromDisk ? ['its next start would be of other code than what runs'] : []),
          ...((state.updates.length > 0 || used !== null) && newer !== undefined && newer.length > 0
            ? [`recommended by now: tor ${newer.join(', ')}`]
            : []),
        ],
      };
    }),
  );
};
