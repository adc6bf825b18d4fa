// From relays and a build to the plan that updates them live: what each runs, what the verdict says of the step, what is saved.
import { sealPlan } from '../../../change/digest.ts';
import type { ChangeItem, Plan, Warning } from '../../../change/plan.ts';
import { renderCost } from '../../../daemon/cost.ts';
import type { NamedBuild } from '../../../live/apply/step-specs.ts';
import { programPath } from '../../../live/apply/steps/install.ts';
import { LiveError } from '../../../live/live-error.ts';
import type { FleetObservation } from '../../../relays/fleet-observation.ts';
import { restartCostOf } from '../../../relays/relay-cost.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { observeBaseline, observeNetwork } from '../observe.ts';
import { isGoing, type JudgedRelay, judgeRelays, type LiveWish, liveItemOf } from './judge-relays.ts';
import { inBatches, planIdAt } from './live-options.ts';
import { lookAtRunning } from './look-at-running.ts';
import { refuseSilentBuild } from './refuse-unstartable.ts';
import { refuseUntrusted } from './refuse-untrusted.ts';

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
  const { to, judged, observation } = judgement;
  const refused = judged.filter((one) => one.refused !== undefined);
  const going = judged.filter(isGoing);
  const network = refused.length === 0 ? undefined : await observeNetwork(fleet, observation, context);
  const ordinary = ({ seen }: JudgedRelay): string =>
    renderCost([restartCostOf(seen, desired.network, network)]).join('; ');
  const warnings = refused.map((one): Warning => {
    const { id } = one.seen.relay;
    const otherwise =
      one.seen.running === undefined
        ? ''
        : `. The ordinary way: 'tearless live adopt ${id} --to ${wish.to}' (${ordinary(one)})`;
    return {
      code: 'live-refused',
      message: `${id} cannot be updated live: ${one.refused}${otherwise}`,
      subjects: [id],
    };
  });
  if (going.length === 0 && refused.length > 0)
    throw new LiveError({
      kind: 'refused',
      code: 'live-none-possible',
      message: warnings.map(({ message }) => message).join('\n'),
      hint: "'tearless live verdict' says everything about a step; what a rule has to say is handed in with --rules",
    });
  const seen = going.map((one) => one.seen);
  const hosts = seen.map(({ relay }) => relay.host);
  await refuseUntrusted(fleet, hosts, judgement.key, context);
  await refuseSilentBuild(fleet, to, seen, context);
  const baseline =
    desired.network === 'public'
      ? await observeBaseline(
          fleet,
          observation,
          going.map(({ seen }) => seen.relay),
          context,
        )
      : new Map<string, number>();
  const items = going.map((one) => withTraffic(liveItemOf(one, judgement, desired), one, baseline));
  const known = new Set([
    ...items.map(({ id }) => id),
    ...judged.flatMap(({ isThere, seen: { relay } }) => (isThere ? [relay.id] : [])),
  ]);
  const others = await findOthersThatWouldRun(fleet, observation, to.manifest.buildId, known, context);
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
    warnings: [...warnings, ...warnOfOthers(others, to)],
  });
};

/** Traffic is as it was before; clients need not come back, so half of it is little to ask. */
const withTraffic = (item: ChangeItem, { seen }: JudgedRelay, baseline: ReadonlyMap<string, number>): ChangeItem => {
  const baselineBytesPerSecond = baseline.get(item.id);
  if (baselineBytesPerSecond === undefined) return item;
  const { instance } = seen.relay;
  const traffic = {
    id: 'bandwidth-recovered',
    kind: 'tor.bandwidth-recovered',
    summary: 'traffic goes on',
    params: { instance, baselineBytesPerSecond, fraction: 0.5, sampleMs: 10_000 },
    deadlineMs: 300_000,
  };
  return { ...item, gates: [...item.gates, traffic] };
};

/** Instances of these hosts that the next restart would make this build, besides those of the plan and those that run it. */
const findOthersThatWouldRun = async (
  fleet: ReadFleet,
  { hosts }: FleetObservation,
  buildId: string,
  known: ReadonlySet<string>,
  context: CommandContext,
): Promise<string[]> => {
  const ids = [...hosts].flatMap(([host, { instances }]) =>
    instances.flatMap(({ name, dropIns, process }) => {
      const starts = dropIns.some(({ text }) => text.includes(`${programPath(buildId)} `));
      const id = `${host}/${name}`;
      return starts && process?.executable?.buildId !== buildId && !known.has(id) ? [id] : [];
    }),
  );
  // What was started from another build may have become this one since.
  const declared = ids.filter((id) => fleet.desired.relays.some((relay) => relay.id === id));
  const { relays } = declared.length === 0 ? { relays: [] } : await lookAtRunning(fleet, declared, context);
  const updated = new Set(relays.flatMap(({ relay, running }) => (running?.build === buildId ? [relay.id] : [])));
  return ids.filter((id) => !updated.has(id));
};

const warnOfOthers = (ids: readonly string[], { manifest: { version } }: NamedBuild): Warning[] =>
  ids.length === 0
    ? []
    : [
        {
          code: 'live-starts-already',
          message: `${ids.join(', ')}: the next restart makes it tor ${version} of this build`,
          subjects: ids,
        },
      ];
