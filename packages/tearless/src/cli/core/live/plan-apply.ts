// From relays and a build to the plan that updates them live: what each runs, what the verdict says of the step, what is saved.
import { resolve } from 'node:path';
import { sealPlan } from '../../../change/digest.ts';
import type { ChangeItem, Plan, Warning } from '../../../change/plan.ts';
import { renderCost } from '../../../daemon/cost.ts';
import { judgeUpdate } from '../../../live/apply/prepare-update.ts';
import { injectStepSpec, liveItem, type NamedBuild, placeSteps, versionGates } from '../../../live/apply/step-specs.ts';
import { LiveError } from '../../../live/live-error.ts';
import type { Verdict } from '../../../live/verdict/verdict.ts';
import { restartCostOf } from '../../../relays/relay-cost.ts';
import { usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import type { ReadFleet } from '../fleet.ts';
import { observeNetwork } from '../observe.ts';
import { ensureInjector } from './ensure-injector.ts';
import { findBuilds, readNamedBuild } from './find-builds.ts';
import { buildsFolder, inBatches, planIdAt, readKeyPath, readPauseUs } from './live-options.ts';
import { lookAtRunning, type RunningRelay } from './look-at-running.ts';
import { liveMeans } from './means.ts';

export interface ApplyWish {
  readonly relays: readonly string[];
  readonly to: string;
  readonly builds: string | undefined;
  readonly rules: string | undefined;
  readonly key: string | undefined;
  readonly maxPause: string;
  readonly serial: string;
}

interface Judged {
  readonly seen: RunningRelay;
  /** Undefined: it can be done. */
  readonly refused: string | undefined;
  /** The build whose code runs, and the one that the process was started from. */
  readonly builds: { readonly from: NamedBuild; readonly program: NamedBuild } | undefined;
  readonly isThere: boolean;
}

export const isAllowed = ({ verdict }: Verdict): boolean => verdict === 'code-only' || verdict === 'uses-reserve';

const judge = (
  seen: RunningRelay,
  to: NamedBuild,
  known: ReadonlyMap<string, NamedBuild>,
  rules: string | null,
): Judged => {
  const refuse = (refused: string): Judged => ({ seen, refused, builds: undefined, isThere: false });
  const { running, trouble, used } = seen;
  if (running === undefined) return refuse(trouble ?? 'it does not run');
  const pending = running.record?.updates.some(({ state }) => state === 'pending') === true;
  if (running.build === to.manifest.buildId && used === to.manifest.buildId && !pending)
    return { seen, refused: undefined, builds: undefined, isThere: true };
  const [from, program] = [known.get(running.build), known.get(running.program)];
  if (from === undefined || program === undefined)
    return refuse(
      `the build that it runs (${(from === undefined ? running.build : running.program).slice(0, 16)}…) is not among those at hand: name their folder with --builds, or adopt it first`,
    );
  const builds = { from, program };
  if (running.build === to.manifest.buildId) return { seen, refused: undefined, builds, isThere: false };
  const verdict = judgeUpdate(
    liveMeans.readBuild(from.directory),
    liveMeans.readBuild(to.directory),
    rules === null ? undefined : liveMeans.readRules(rules),
  );
  if (isAllowed(verdict)) return { seen, refused: undefined, builds, isThere: false };
  const reasons = verdict.reasons.filter(({ weight }) => weight === verdict.verdict);
  const [first] = reasons;
  const more = reasons.length > 1 ? `, and ${reasons.length - 1} more` : '';
  const what = verdict.verdict === 'refuse' ? 'the verdict is a refusal' : 'the verdict needs a rule';
  return refuse(`${what}${first === undefined ? '' : `: ${first.subject}: ${first.detail}`}${more}`);
};

/** Said with every plan: what it is for, and what it is not. */
const savings =
  'circuits, streams, links and HSDir are kept; Stable and Guard are not at stake: a restart does not cost them';

/** @throws LiveError `live-none-possible` where no relay can be updated; what planning throws */
export const planLiveApply = async (fleet: ReadFleet, wish: ApplyWish, context: CommandContext): Promise<Plan> => {
  const { surroundings } = context;
  const { desired } = fleet;
  const to = readNamedBuild(resolve(surroundings.cwd, wish.to));
  const known = findBuilds(buildsFolder(context, wish.builds, wish.to));
  known.set(to.manifest.buildId, to);
  const rules = wish.rules === undefined ? null : resolve(surroundings.cwd, wish.rules);
  const key = readKeyPath(context, wish.key);
  const maxPauseUs = readPauseUs(wish.maxPause);
  const injector = await ensureInjector(context);
  const { relays, observation } = await lookAtRunning(fleet, wish.relays, context);
  if (relays.length === 0) throw usageError('no relay is declared', "'tearless relay ls' shows them");
  const judged = relays.map((seen) => judge(seen, to, known, rules));
  const refused = judged.filter((one) => one.refused !== undefined);
  const going = judged.filter((one) => one.refused === undefined && !one.isThere);
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
  const items = going.map(({ seen, builds }): ChangeItem => {
    const { relay, instance, running } = seen;
    const { deadline } = desired.restart;
    const formerVersion = builds?.from.manifest.version ?? to.manifest.version;
    const changes = formerVersion !== to.manifest.version;
    const published = changes && instance.fingerprint !== undefined;
    const steps = [
      ...placeSteps(relay.instance, to, { key, injector }),
      ...(builds === undefined || running === undefined
        ? []
        : [
            injectStepSpec({
              ...builds,
              to,
              rules,
              inject: { instance: relay.instance, key, injector, maxPauseUs },
            }),
          ]),
    ];
    return liveItem(
      relay,
      steps,
      versionGates(relay.instance, to.manifest.version, published, deadline),
      versionGates(relay.instance, formerVersion, false, deadline),
    );
  });
  const createdAtMs = surroundings.clock.now();
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
