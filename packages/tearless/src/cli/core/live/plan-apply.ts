// From relays and a build to the plan that updates them live: what each runs, what the verdict says of the step, what is saved.
import { sealPlan } from '../../../change/digest.ts';
import type { Plan, Warning } from '../../../change/plan.ts';
import { renderCost } from '../../../daemon/cost.ts';
import type { NamedBuild } from '../../../live/apply/step-specs.ts';
import { LiveError } from '../../../live/live-error.ts';
import { restartCostOf } from '../../../relays/relay-cost.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { observeNetwork } from '../observe.ts';
import { isGoing, judgeRelays, type LiveWish, liveItemOf } from './judge-relays.ts';
import { inBatches, planIdAt } from './live-options.ts';
import type { RunningRelay } from './look-at-running.ts';

export interface ApplyWish extends LiveWish {
  readonly serial: string;
}

/** Said with every plan: what it is for, and what it is not. */
const savings =
  'circuits, streams, links and HSDir are kept; Stable and Guard are not at stake: a restart does not cost them';

/** @throws LiveError `live-none-possible` where no relay can be updated; what planning throws */
export const planLiveApply = async (fleet: ReadFleet, wish: ApplyWish, context: CommandContext): Promise<Plan> => {
  const { desired } = fleet;
  const judgement = await judgeRelays(fleet, wish, context);
  const { to, judged, relays, observation } = judgement;
  const refused = judged.filter((one) => one.refused !== undefined);
  const going = judged.filter(isGoing);
  const network = refused.length === 0 ? undefined : await observeNetwork(fleet, observation, context);
  const ordinary = renderCost(refused.map(({ seen }) => restartCostOf(seen, desired.network, network)));
  const warnings = refused.map(
    ({ seen, refused: why }): Warning => ({
      code: 'live-refused',
      message: `${seen.relay.id} cannot be updated live: ${why}. The ordinary way: 'tearless live adopt ${seen.relay.id} --to ${wish.to}' (${ordinary.join('; ')})`,
      subjects: [seen.relay.id],
    }),
  );
  if (going.length === 0 && refused.length > 0)
    throw new LiveError({
      kind: 'refused',
      code: 'live-none-possible',
      message: warnings.map(({ message }) => message).join('\n'),
      hint: "'tearless live verdict' says everything about a step",
    });
  const items = going.map((one) => liveItemOf(one, judgement, desired));
  const createdAtMs = context.surroundings.clock.now();
  return sealPlan({
    id: planIdAt(createdAtMs),
    createdAt: new Date(createdAtMs).toISOString(),
    fleet: desired.fleet,
    request: { live: 'apply' },
    items,
    batches: inBatches(
      items.map(({ id }) => id),
      wish.serial,
    ),
    maxFail: desired.restart.maxFail,
    cost: {
      restarts: 0,
      lines:
        items.length === 0
          ? ['nothing is interrupted']
          : [`nothing restarts; each stands still for at most ${wish.maxPause}`, savings],
      estimatedSeconds: items.length * 5,
    },
    warnings: [...warnings, ...othersThatWouldRun(relays, to)],
  });
};

/** Instances that are started from this build, and run another one now. */
const othersThatWouldRun = (relays: readonly RunningRelay[], to: NamedBuild): Warning[] => {
  const others = relays.filter(({ used, running }) => used === to.manifest.buildId && running?.build !== used);
  if (others.length === 0) return [];
  const names = others.map(({ relay }) => relay.id);
  return [
    {
      code: 'live-starts-already',
      message: `${names.join(', ')}: would be tor ${to.manifest.version} at the next restart already`,
      subjects: names,
    },
  ];
};
