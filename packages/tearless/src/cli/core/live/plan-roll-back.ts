// The plan that takes the latest live update of relays back.
import { sealPlan } from '../../../change/digest.ts';
import type { ChangeItem, Plan, StepSpec, Warning } from '../../../change/plan.ts';
import { reloadSystemd } from '../../../daemon/step-specs.ts';
import { liveItem, rollBackStepSpec, versionGates } from '../../../live/apply/step-specs.ts';
import { programPath } from '../../../live/apply/steps/install.ts';
import { liveDropIn } from '../../../live/apply/steps/use.ts';
import { LiveError } from '../../../live/live-error.ts';
import { doneUpdates, type ProcessRecord, type UpdateRecord } from '../../../live/status/process-record.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { ensureInjector } from './ensure-injector.ts';
import { inBatches, planIdAt, readKeyPath, readPauseUs } from './live-options.ts';
import { lookAtRunning } from './look-at-running.ts';
import { refuseUntrusted } from './refuse-untrusted.ts';

export interface RollBackWish {
  readonly relays: readonly string[];
  readonly key: string | undefined;
  readonly maxPause: string;
  readonly serial: string;
}

/** What starts next time goes back too, where the former build lies there; else it stays as its package has it. */
const useSpec = (instance: string, build: string | null): StepSpec => ({
  id: 'use',
  kind: 'live.use',
  symbol: build === null ? '-' : '~',
  summary:
    build === null
      ? `remove ${liveDropIn(instance)}: the next start is the package’s tor`
      : `let ${liveDropIn(instance)} start ${programPath(build)}`,
  params: { instance, build },
});

/** The update that a rollback takes back: one of which nobody knows whether it took place, else the latest that did. */
export const findLatest = (record: ProcessRecord | undefined): UpdateRecord | undefined =>
  record?.updates.find(({ state }) => state === 'pending') ??
  (record === undefined ? undefined : doneUpdates(record).at(-1));

/** @throws LiveError `live-nothing-to-undo`; what looking throws */
export const planLiveRollBack = async (
  fleet: ReadFleet,
  wish: RollBackWish,
  context: CommandContext,
): Promise<Plan> => {
  const key = readKeyPath(context, wish.key);
  const maxPauseUs = readPauseUs(wish.maxPause);
  const injector = await ensureInjector(context);
  const { relays } = await lookAtRunning(fleet, wish.relays, context);
  const { deadline, maxFail } = fleet.desired.restart;
  const items: ChangeItem[] = [];
  const warnings: Warning[] = [];
  for (const { relay, running, trouble } of relays) {
    const last = findLatest(running?.record);
    if (last === undefined) {
      const message = `${relay.id} stays as it is: ${trouble ?? 'no live update is in effect'}`;
      warnings.push({ code: 'live-nothing-to-undo', message, subjects: [relay.id] });
      continue;
    }
    const host = fleet.hosts.get(relay.host);
    const isThere = (await host.stat(programPath(last.from))) !== undefined;
    const [former, latest] = last.versions;
    items.push(
      liveItem(
        relay,
        [
          useSpec(relay.instance, isThere ? last.from : null),
          reloadSystemd(relay.instance),
          rollBackStepSpec({ instance: relay.instance, key, injector, maxPauseUs }, last.to, last.from, former),
        ],
        versionGates(relay.instance, former, false, deadline),
        // What was in doubt is settled, and does not come back.
        versionGates(relay.instance, last.state === 'pending' ? former : latest, false, deadline),
      ),
    );
  }
  if (items.length === 0)
    throw new LiveError({
      kind: 'refused',
      code: 'live-nothing-to-undo',
      message: warnings.map(({ message }) => message).join('\n'),
      hint: "'tearless live status' shows what they run; 'tearless run undo' takes a whole run back",
    });
  const going = new Set(items.map(({ host }) => host));
  await refuseUntrusted(fleet, [...going], key, context);
  const createdAtMs = context.surroundings.clock.now();
  return sealPlan({
    id: planIdAt(createdAtMs),
    createdAt: new Date(createdAtMs).toISOString(),
    fleet: fleet.desired.fleet,
    request: { live: 'rollback' },
    items,
    batches: inBatches(
      items.map(({ id }) => id),
      wish.serial,
    ),
    maxFail,
    cost: {
      restarts: 0,
      lines: [`nothing restarts; each stands still for at most ${wish.maxPause}`],
      estimatedSeconds: items.length * 3,
    },
    warnings,
  });
};
